import {
    amounts,
    bestChange,
    byFunder,
    groupOf,
    headline,
    misses,
    othersText,
    proofsOf,
    shownState
} from 'c/spiffDealGroups';

const DEALS = require('data/deals').deals;

const deal = (number) => DEALS.find((one) => one.number === `DR-${number}`);

it.each([
    [10471, 'change', 'off'],
    [10511, 'waiting', 'submitted'],
    [10502, 'waiting', 'pending'],
    [10465, 'waiting', 'partly confirmed (60 of 90)'],
    [10459, 'confirmed', 'confirmed'],
    [10401, 'closed', 'rejected'],
    [10388, 'closed', 'expired']
])('puts DR-%i under %s', (number, group, state) => {
    expect(groupOf(deal(number))).toBe(group);
    expect(shownState(deal(number))).toBe(state);
});

it('keeps every deal in exactly one group', () => {
    expect(DEALS.map(groupOf).every((group) => ['change', 'waiting', 'confirmed', 'closed'].includes(group))).toBe(
        true
    );
    expect(DEALS).toHaveLength(12);
});

it('closes an approved deal nothing of hers would help', () => {
    const hopeless = {
        ...deal(10471),
        programs: deal(10471).programs.filter((one) => one.program !== 'insight-starter')
    };
    expect(groupOf(hopeless)).toBe('closed');
    expect(shownState(hopeless)).toBe('off');
    expect(headline(hopeless)).toBe('');
});

it('finds the smallest change she can make, and none that would be another deal', () => {
    const best = bestChange(deal(10471));
    expect(best.program.program).toBe('insight-starter');
    expect(best.changes.map((one) => one.text)).toEqual(['2 more seats']);
    expect(headline(deal(10471))).toBe(
        '2 more seats and this deal pays $120 in Insight Starter. An order may be placed until Sat, Jan 9, 2027.'
    );
    expect(bestChange(deal(10388))?.changes ?? []).toEqual([]);
});

it('does not call a deal that waits for its order a miss', () => {
    const [layer] = deal(10502).programs.find((one) => one.program === 'endpoint-seats').layers;
    expect(layer.counts).toBe(false);
    expect(misses(layer)).toEqual([]);
});

it('keeps confirmed and pending apart, by funder', () => {
    expect(amounts(deal(10465))).toEqual({
        confirmed: { minor: 6000, currency: 'USD' },
        provisional: { minor: 3000, currency: 'USD' }
    });
    expect(byFunder(deal(10459), 'confirmed')).toEqual([
        ['vendor:Tarnfield', { minor: 75000, currency: 'USD' }],
        ['internal', { minor: 15000, currency: 'USD' }]
    ]);
});

it('shows the proof of programs about this sale, and counts the others', () => {
    expect(proofsOf(deal(10471)).map((one) => one.program)).toEqual(['insight-starter']);
    expect(othersText(deal(10471))).toBe('5 other programs ask for another product, customer or date.');
    expect(othersText({ programs: [{ elsewhere: true }, { elsewhere: false }] })).toBe(
        '1 other program asks for another product, customer or date.'
    );
    expect(othersText({ programs: [{ elsewhere: false }] })).toBe('');
});

it('says that a person must decide', () => {
    expect(shownState({ ...deal(10502), waits_for: 'a person to decide: two deals fit' })).toBe('review');
});
