// How a refusal of the API reaches a component, and what the platform says by itself.
const told = (status, more = {}) => ({
    message: JSON.stringify({ status, title: '', detail: '', problems: [], retryAfter: 0, ...more })
});

export const DOWN = told(503);
export const FORBIDDEN = told(403);
export const UNKNOWN = told(401);
export const MISSING = told(404);
export const BUSY = told(429, { retryAfter: 120 });
export const INVALID = told(422, {
    detail: 'The question cannot be read.',
    problems: [{ path: 'quantity', message: 'is not a whole number', remedy: 'send 1 or more' }]
});
export const NO_CLASS = { message: "You do not have access to the Apex class named 'SpiffRepController'." };
export const TIMEOUT = { message: 'Read timed out' };
