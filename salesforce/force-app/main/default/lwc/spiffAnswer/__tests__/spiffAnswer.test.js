import { WAITING, next } from 'c/spiffAnswer';
import { DOWN, FORBIDDEN } from '../../../../../test/refusals';

const NOW = new Date('2026-11-19T20:02:00Z');
const GOOD = next(WAITING, { data: { deals: [] } }, NOW, ['deals']);

it('remembers a good answer with the time it was read', () => {
    expect(GOOD).toEqual({ data: { deals: [] }, error: undefined, readAt: NOW });
});

it('keeps waiting while the wire has told nothing', () => {
    expect(next(WAITING, { data: undefined, error: undefined }, NOW)).toBe(WAITING);
});

it('keeps the old data and their time through a failure, and forgets the failure when it is over', () => {
    const failed = next(GOOD, { error: { body: DOWN } }, new Date());
    expect(failed).toMatchObject({ data: GOOD.data, readAt: NOW, error: { status: 503 } });
    expect(next(failed, { data: { deals: [1] } }, NOW, ['deals'])).toMatchObject({
        data: { deals: [1] },
        error: undefined
    });
});

it.each([['text'], [{}], [{ deals: 'none' }], [7]])('keeps the old data when the answer is %j', (data) => {
    expect(next(GOOD, { data }, new Date(), ['deals'])).toMatchObject({ data: GOOD.data, error: { status: 0 } });
});

it('takes the data away with a refusal', () => {
    expect(next(GOOD, { error: { body: FORBIDDEN } }, NOW)).toMatchObject({ data: undefined, readAt: undefined });
});
