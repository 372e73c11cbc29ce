// The states every framed component shares, each with a real answer of its own.
import deal from '@salesforce/apex/SpiffRepController.deal';
import deals from '@salesforce/apex/SpiffRepController.deals';
import leaderboard from '@salesforce/apex/SpiffRepController.leaderboard';
import payouts from '@salesforce/apex/SpiffRepController.payouts';
import standings from '@salesforce/apex/SpiffRepController.standings';
import { refreshApex } from '@salesforce/apex';
import SpiffDeals from 'c/spiffDeals';
import SpiffLeaderboard from 'c/spiffLeaderboard';
import SpiffRecord from 'c/spiffRecord';
import SpiffRewards from 'c/spiffRewards';
import SpiffWelcome from 'c/spiffWelcome';
import { accessible, find, settle, show, text } from '../../../../../test/page';
import { BUSY, DOWN, FORBIDDEN } from '../../../../../test/refusals';

jest.mock('@salesforce/apex/SpiffRepController.deal', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.deals', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.disputes', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.leaderboard', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.payouts', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const FRAMED = [
    ['spiffDeals', SpiffDeals, deals, require('data/deals-more'), 'your deals', {}],
    [
        'spiffLeaderboard',
        SpiffLeaderboard,
        leaderboard,
        require('data/leaderboard'),
        'the leaderboard',
        { programId: 'p' }
    ],
    ['spiffRecord', SpiffRecord, deal, require('data/deal'), 'this deal', { recordId: 'a0D' }],
    ['spiffRewards', SpiffRewards, payouts, require('data/payouts'), 'your rewards', {}],
    ['spiffWelcome', SpiffWelcome, standings, require('data/standings-new'), 'your programs', { alone: true }]
];

describe.each(FRAMED)('%s', (_, component, method, good, what, props) => {
    const open = async (told) => {
        const element = show(component, props);
        told?.();
        await settle();
        return element;
    };

    it('shows blocks until the answer comes', async () => {
        const element = await open();
        expect(find(element, 'stencil')).not.toBeNull();
        expect(find(element, 'frame').getAttribute('aria-busy')).toBe('true');
        expect(find(element, 'refresh')).toBeNull();
        await accessible(element);
    });

    it('says what is safe when it cannot be loaded, and tries again', async () => {
        const element = await open(() => method.error(DOWN));
        expect(text(find(element, 'failed'))).toBe(
            `We could not load ${what}. Nothing is lost. Your deals are safe on our side. Try again`
        );
        find(element, 'retry').click();
        expect(refreshApex).toHaveBeenCalled();
        await accessible(element);
    });

    it('names the permission set to ask for', async () => {
        const element = await open(() => method.error(FORBIDDEN));
        expect(text(find(element, 'refused'))).toContain('permission set SPIFF Rep');
        await accessible(element);
    });

    it('takes an answer of another shape for a failure', async () => {
        const element = await open(() => method.emit({ message: 'hello' }));
        expect(find(element, 'failed')).not.toBeNull();
    });

    it('keeps old data with their time, and asks less often while it fails', async () => {
        const element = await open(() => method.emit(good));
        method.error(BUSY);
        await settle();
        expect(text(find(element, 'stale'))).toContain('These numbers are from 2:02 PM.');
        expect(find(element, 'failed')).toBeNull();
        refreshApex.mockClear();
        jest.advanceTimersByTime(119000);
        expect(refreshApex).not.toHaveBeenCalled();
        jest.advanceTimersByTime(1000);
        expect(refreshApex).toHaveBeenCalled();
        await accessible(element);
    });
});
