import leaderboard from '@salesforce/apex/SpiffRepController.leaderboard';
import standings from '@salesforce/apex/SpiffRepController.standings';
import SpiffLeaderboard from 'c/spiffLeaderboard';
import { accessible, all, choose, find, settle, show, text } from '../../../../../test/page';

const BOARD = require('data/leaderboard');
const STANDINGS = require('data/standings');

jest.mock('@salesforce/apex/SpiffRepController.leaderboard', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (board = BOARD) => {
    const element = show(SpiffLeaderboard);
    standings.emit(STANDINGS);
    await settle();
    leaderboard.emit(board);
    await settle();
    return element;
};

it('begins where she has most at stake, and asks for another program when she chooses it', async () => {
    const element = await open();
    expect(leaderboard.getLastConfig()).toEqual({ programId: 'endpoint-seats' });
    choose(find(element, 'program'), 'identity-push');
    await settle();
    expect(leaderboard.getLastConfig()).toEqual({ programId: 'identity-push' });
    expect(find(element, 'stencil')).not.toBeNull();
});

it('shows her place, the gap to whoever has more, and what the place is worth', async () => {
    const element = await open();
    expect(['place', 'gap', 'prize'].map((id) => text(find(element, id)))).toEqual(['4th', '$60', 'Nothing by itself']);
    expect(text(element)).toContain('To reach Jordan Bell');
    expect(text(element)).toContain('Prizes: 1st $300, 2nd $200, 3rd $100');
    await accessible(element);
});

it('shows the neighbours with the difference, herself as you, and the rule for ties', async () => {
    const element = await open();
    expect(all(element, 'row').map(text)).toEqual([
        '2 Jordan Bell $870 $60 ahead',
        '3 Lena Okafor $810 level',
        '4 Dana Whitlock (you) $810',
        '5 Chris Duarte $720 $90 behind',
        '6 Mia Soto $300 $510 behind'
    ]);
    expect(text(element)).toContain('Ties: whoever reached the amount first ranks higher.');
});

it('shows the top when asked, and the neighbours again', async () => {
    const element = await open();
    find(element, 'toggle').click();
    await settle();
    expect(all(element, 'row').map((row) => text(row).split(' ')[1])).toEqual(['Tomas', 'Jordan', 'Lena']);
    find(element, 'toggle').click();
    await settle();
    expect(all(element, 'row')).toHaveLength(5);
});

it.each([
    ['leaderboard-pseudonyms', 'Everyone but you has a code name here.', 'Rep at place 2'],
    ['leaderboard-neighbours', 'Only the places around you are shown here.', 'Jordan Bell']
])('says what %s hides', async (name, said, second) => {
    const element = await open(require(`../../../../../test/data/${name}.json`));
    expect(text(find(element, 'privacy'))).toBe(said);
    expect(text(all(element, 'row')[0])).toContain(second);
    await accessible(element);
});

it('shows the top to somebody who takes no part, without a place of hers', async () => {
    const element = await open(require('data/leaderboard-outside'));
    expect(text(find(element, 'outside'))).toContain('You do not take part');
    expect(find(element, 'place')).toBeNull();
    expect(text(all(element, 'row')[0])).toBe('1 Tomas Eklund $930');
    await accessible(element);
});

it('says that nobody is ahead of the first', async () => {
    const element = await open({
        ...BOARD,
        you: { ...BOARD.you, rank: 1, to_next: null },
        your_prize: { minor: 30000, currency: 'USD' },
        tie_rule: 'shared'
    });
    expect(text(find(element, 'gap'))).toBe('Nobody is ahead');
    expect(text(find(element, 'prize'))).toBe('$300');
    expect(text(element)).toContain('Ties: equal amounts share the place.');
});

it('says what to wait for while she takes part in nothing', async () => {
    const element = show(SpiffLeaderboard);
    standings.emit(require('data/standings-none'));
    await settle();
    expect(text(find(element, 'empty'))).toContain('No program is running for you');
    await accessible(element);
});
