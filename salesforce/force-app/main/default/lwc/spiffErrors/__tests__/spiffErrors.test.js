import { isBusy, isRefused, reduceError } from 'c/spiffErrors';
import { BUSY, DOWN, FORBIDDEN, INVALID, NO_CLASS, TIMEOUT, UNKNOWN } from '../../../../../test/refusals';

const reduced = (body) => reduceError({ body });

it.each([
    ['down', DOWN, 503],
    ['forbidden', FORBIDDEN, 403],
    ['unknown', UNKNOWN, 401],
    ['no access to the Apex class', NO_CLASS, 403],
    ['a timeout', TIMEOUT, 0],
    ['nothing at all', undefined, 0],
    ['a list of platform errors', [{ message: 'Unable to read' }], 0],
    ['a JSON text that is no problem', { message: 'null' }, 0]
])('reads the status of %s', (_, body, status) => expect(reduced(body).status).toBe(status));

it('keeps detail, problems and when to ask again', () => {
    expect(reduced(INVALID)).toMatchObject({
        detail: 'The question cannot be read.',
        problems: [{ path: 'quantity' }]
    });
    expect(reduced(BUSY).retryAfter).toBe(120);
});

it('tells a refusal from a failure and from being busy', () => {
    expect([FORBIDDEN, UNKNOWN, NO_CLASS, DOWN].map((one) => isRefused(reduced(one)))).toEqual([
        true,
        true,
        true,
        false
    ]);
    expect([BUSY, DOWN].map((one) => isBusy(reduced(one)))).toEqual([true, false]);
    expect(isRefused(undefined)).toBe(false);
});
