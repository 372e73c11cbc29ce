// What a component knows of a question it asks again and again: the last good answer, when it was read, and what went
// wrong since. A failure never takes numbers away, it only makes them old; a refusal does.
import { MALFORMED, isRefused, reduceError } from 'c/spiffErrors';

/** Nothing is known yet: the first answer is on its way. */
export const WAITING = Object.freeze({
    data: undefined,
    error: undefined,
    readAt: undefined
});

/** What is known after a wire told `provisioned`. `required` are the lists a usable answer has. */
export function next(before, { data, error }, now, required = []) {
    if (data !== undefined && data !== null) {
        return required.every((name) => Array.isArray(data[name]))
            ? { data, error: undefined, readAt: now }
            : { ...before, error: MALFORMED };
    }
    if (error) {
        const told = reduceError(error);
        return isRefused(told) ? { data: undefined, error: told, readAt: undefined } : { ...before, error: told };
    }
    return before;
}
