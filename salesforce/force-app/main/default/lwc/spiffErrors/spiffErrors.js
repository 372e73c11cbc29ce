// What went wrong, in one shape. Apex sends the API's refusal as JSON in the message of an AuraHandledException; the
// platform itself sends words, and a timeout sends neither.

/** {status, title, detail, problems, retryAfter}; status 0 is "no answer that can be read". */
export function reduceError(error) {
    const body = Array.isArray(error?.body) ? error.body[0] : error?.body;
    const message = body?.message ?? error?.message ?? '';
    const told = parsed(message);
    if (told) {
        return {
            status: Number(told.status) || 0,
            title: told.title ?? '',
            detail: told.detail ?? '',
            problems: told.problems ?? [],
            retryAfter: Number(told.retryAfter) || 0
        };
    }
    // A user without the permission set is stopped by the platform, before our code.
    const denied = /access to the apex class/i.test(message);
    return {
        status: denied ? 403 : 0,
        title: '',
        detail: '',
        problems: [],
        retryAfter: 0
    };
}

/** An answer that is not what it should be. */
export const MALFORMED = Object.freeze({
    status: 0,
    title: '',
    detail: '',
    problems: [],
    retryAfter: 0
});

/** She may not see it: not signed in as somebody known, or without the permission. */
export function isRefused(error) {
    return error?.status === 401 || error?.status === 403;
}

/** Asked too often. */
export function isBusy(error) {
    return error?.status === 429;
}

function parsed(message) {
    try {
        const told = JSON.parse(message);
        return told && typeof told === 'object' ? told : null;
    } catch {
        return null;
    }
}
