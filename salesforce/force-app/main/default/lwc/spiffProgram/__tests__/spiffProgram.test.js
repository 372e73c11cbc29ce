import SpiffProgram from 'c/spiffProgram';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';

const PROGRAMS = require('data/standings').programs;

const program = (name) => PROGRAMS.find((one) => one.program === name);
const open = async (standing) => {
    const element = show(SpiffProgram, { standing });
    await settle();
    return element;
};

it('says the gap, not the percentage, and what pending deals would do', async () => {
    const element = await open(program('endpoint-seats'));
    expect(text(find(element, 'tier'))).toBe(
        '810 of 1,300 points Gold: $250 bonus 490 points to Gold. What is pending would not be enough. About 2 deals like yours.'
    );
    expect(text(find(element, 'rank'))).toBe('· 4th of 7, $60 to the next');
    await accessible(element);
});

it('says that what is pending would reach the tier', async () => {
    expect(text(find(await open(program('new-customer-november')), 'tier'))).toContain(
        'What is pending would reach it.'
    );
});

it('shows the parts of two funders and how old the oldest fact is', async () => {
    const element = await open(program('identity-push'));
    expect(text(find(element, 'funders'))).toBe('Internal and Veridane');
    expect(all(element, 'part').map(text)).toEqual([
        'Internal $50 confirmed, $100 pending',
        'Veridane $200 confirmed, $400 pending'
    ]);
    expect(text(find(element, 'as-of'))).toBe('as of Nov 6, 11:00 AM');
    expect(all(element, 'note').map(text)).toContain('Lowry last reported Nov 6, 11:00 AM.');
});

it.each([
    ['backup-attach', '12 days left', 'ends Mon, Nov 30'],
    ['insight-starter', '30 days left', 'ends Fri, Dec 18'],
    ['first-five', 'Ended Wed, Nov 18', 'paid by Sat, Nov 21']
])('says of %s how long it runs', async (name, clock, more) => {
    const element = await open(program(name));
    expect([text(find(element, 'clock')), text(find(element, 'ends'))]).toEqual([clock, more]);
});

it('shows no goal of a program that is over', async () => {
    const element = await open(program('first-five'));
    expect(text(find(element, 'over'))).toBe('Ended with $80. Rewards shows each step.');
    expect(find(element, 'tier')).toBeNull();
    await accessible(element);
});

it('says every limit that applies', async () => {
    const standing = program('backup-attach');
    const [layer] = standing.layers;
    const element = await open({
        ...standing,
        cap: { minor: 50000, currency: 'USD' },
        enrolled_from: '2026-11-15',
        enrolled_to: '2026-11-20',
        layers: [{ ...layer, first_deals: 5, payable: { minor: 8000, currency: 'USD' } }],
        window: { ...standing.window, state: 'upcoming' }
    });
    expect(all(element, 'note').map(text)).toEqual([
        'A limit applies: $80 is paid here.',
        'Pays you at most $500.',
        'Nimbrook pays your first 5 deals.',
        '$4,900 of the budget is left.',
        'You take part from Sun, Nov 15.',
        'You take part until Fri, Nov 20.'
    ]);
    expect(text(find(element, 'clock'))).toBe('Starts Sun, Nov 1');
});

it('says that a tier bonus is in the amount', async () => {
    const standing = program('backup-attach');
    const bonus = { points: 150, money: { minor: 15000, currency: 'USD' } };
    const payable = { minor: 25000, currency: 'USD' };
    const [layer] = standing.layers;
    const element = await open({
        ...standing,
        combined: { ...standing.combined, payable },
        layers: [{ ...layer, next_tier: null, tier_bonus: bonus, payable }]
    });
    expect(text(element)).toContain('With the tier bonus of $150.');
    expect(text(element)).toContain('$250 confirmed');
    expect(text(element)).toContain('Paid deal by deal; no tier ahead.');
});
