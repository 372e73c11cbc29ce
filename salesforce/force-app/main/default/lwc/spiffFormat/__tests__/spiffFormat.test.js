import {
    asOf,
    count,
    day,
    dayOf,
    daysLeft,
    dealType,
    fill,
    funder,
    money,
    ordinal,
    sentence,
    span,
    time,
    total,
    words
} from 'c/spiffFormat';

it.each([
    [171000, 'USD', '$1,710'],
    [1560, 'USD', '$15.60'],
    [1, 'USD', '$0.01'],
    [0, 'USD', '$0'],
    [-5000, 'USD', '-$50'],
    [1710, 'JPY', '¥1,710'],
    [1234567, 'EUR', '€12,345.67']
])('shows %i minor units of %s as %s', (minor, currency, shown) => {
    expect(money({ minor, currency })).toBe(shown);
});

it('leaves a day in the zone it was given in, with the year when it is another', () => {
    expect(day('2026-11-30')).toBe('Mon, Nov 30');
    expect(day('2027-01-31')).toBe('Sun, Jan 31, 2027');
    expect(day(null)).toBe('');
});

it('shows an instant as the day it is in the zone of the program', () => {
    expect(dayOf('2026-12-01T05:59:00Z', 'America/Chicago')).toBe('Mon, Nov 30');
    expect(dayOf('2026-12-01T05:59:00Z', 'Europe/Berlin')).toBe('Tue, Dec 1');
    expect(dayOf(null)).toBe('');
});

it('names the zone of a time once, and says the day of an old one', () => {
    expect(time('2026-11-19T20:02:00Z')).toBe('2:02 PM CST');
    expect(asOf('2026-11-19T19:40:00Z')).toBe('1:40 PM');
    expect(asOf('2026-11-06T17:00:00Z')).toBe('Nov 6, 11:00 AM');
});

it.each([
    [1, 'Last day'],
    [2, '2 days left'],
    [43, '43 days left']
])('counts %i days', (left, shown) => expect(daysLeft(left)).toBe(shown));

it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [4, '4th'],
    [11, '11th'],
    [22, '22nd'],
    [1003, '1003rd']
])('says place %i as %s', (place, shown) => expect(ordinal(place)).toBe(shown));

it('adds amounts of one currency and keeps the currency of nothing', () => {
    expect(
        total([
            { minor: 1, currency: 'EUR' },
            { minor: 2, currency: 'EUR' }
        ])
    ).toEqual({ minor: 3, currency: 'EUR' });
    expect(total([], 'GBP')).toEqual({ minor: 0, currency: 'GBP' });
});

it('names funders, conditions and deal types in words', () => {
    expect(['internal', 'vendor:veridane', 'vendor:Veridane/se'].map(funder)).toEqual([
        'Internal',
        'Veridane',
        'Veridane, as se'
    ]);
    expect(words('minimum_seats')).toBe('Minimum seats');
    expect(sentence('the order')).toBe('The order');
    expect(['net_new', 'renewal', 'expansion', null].map(dealType)).toEqual([
        'New customer',
        'Renewal',
        'Expansion',
        ''
    ]);
});

it('fills words and counts', () => {
    expect(fill('{1} of {0}', 3, 2)).toBe('2 of 3');
    expect(count(1, 'one', '{0} deals')).toBe('one');
    expect(count(1200, 'one', '{0} deals')).toBe('1,200 deals');
    expect(span(122280000)).toBe('33 h 58 min');
    expect(span(-5)).toBe('0 h 0 min');
});
