// On a phone: less said in the head, tiles without bars, everything else as on a desk.
import leaderboard from '@salesforce/apex/SpiffRepController.leaderboard';
import standings from '@salesforce/apex/SpiffRepController.standings';
import SpiffDashboard from 'c/spiffDashboard';
import SpiffLeaderboard from 'c/spiffLeaderboard';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';

jest.mock('@salesforce/apex/SpiffRepController.leaderboard', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });
jest.mock('@salesforce/client/formFactor', () => ({ __esModule: true, default: 'Small' }), { virtual: true });

it('says only the age of the numbers beside the title', async () => {
    const element = show(SpiffDashboard);
    standings.emit(require('data/standings-spent'));
    await settle();
    expect(text(find(element, 'status'))).toBe('As of 2:02 PM CST');
    expect(find(element, 'frame').className).toContain('frame_small');
    await accessible(element);
});

it('shows places without bars', async () => {
    const element = show(SpiffLeaderboard, { programId: 'endpoint-seats' });
    leaderboard.emit(require('data/leaderboard'));
    await settle();
    expect(all(element, 'row')).toHaveLength(5);
    expect(all(element, 'row').map((row) => row.querySelector('c-spiff-bar'))).toEqual([null, null, null, null, null]);
    await accessible(element);
});
