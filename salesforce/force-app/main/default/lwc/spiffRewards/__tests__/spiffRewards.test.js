import payouts from '@salesforce/apex/SpiffRepController.payouts';
import standings from '@salesforce/apex/SpiffRepController.standings';
import SpiffRewards from 'c/spiffRewards';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';

const PAYOUTS = require('data/payouts');

jest.mock('@salesforce/apex/SpiffRepController.payouts', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (told = PAYOUTS, standing = require('data/standings')) => {
    const element = show(SpiffRewards);
    payouts.emit(told);
    standings.emit(standing);
    await settle();
    return element;
};
const only = (state, more = {}) => ({ ...PAYOUTS, payouts: [{ ...PAYOUTS.payouts[0], state, ...more }] });

it('shows what is on its way, what is earned and what was delivered, each with its date', async () => {
    const element = await open();
    expect(['way', 'earned', 'delivered'].map((id) => text(find(element, id)))).toEqual(['$180', '$1,360', '$240']);
    expect(text(element)).toContain('Paid by Sat, Nov 21');
    expect(text(find(element, 'earned-list'))).toContain('New Customer November · Internal ends Mon, Nov 30 $300');
    expect(text(find(element, 'delivered-list'))).toBe('Delivered Sun, Nov 1 Renewal drive $240');
    await accessible(element);
});

it('shows every step to the money, where it is now, and the clock', async () => {
    const element = await open();
    const [first, second] = all(element, 'reward');
    expect(all(first, 'step').map(text)).toEqual([
        'Earned, done Tue, Nov 17',
        'Released by finance, now',
        'Ordered, to come',
        'Delivered, to come by Sat, Nov 21'
    ]);
    expect(all(first, 'step').map((step) => step.getAttribute('aria-current'))).toEqual([null, 'step', null, null]);
    expect(text(find(first, 'clock'))).toBe('33 h 58 min left of 48 h');
    expect(text(second)).toContain('Could not be delivered; your sales operations team was told');
    expect(text(find(second, 'clock'))).toContain('Was due Nov 9, 12:00 AM.');
});

it('says when the clock starts', async () => {
    const element = await open(only('planned', { pays_by: '2026-12-03T06:00:00Z' }));
    expect(text(find(element, 'clock'))).toBe('The 48 hours start Tue, Dec 1');
});

it('calls nothing on its way that will not come', async () => {
    const element = await open(only('netted', { in_words: 'nothing was left to pay after what a return took back' }));
    expect(text(find(element, 'way'))).toBe('$0');
    expect(text(element)).toContain('Nothing is on its way');
    expect(text(find(element, 'ended-list'))).toContain('nothing was left to pay');
    await accessible(element);
});

it('says later than promised where it is', async () => {
    const element = await open(only('accepted', { pays_by: '2026-11-18T06:00:00Z' }));
    expect(text(element)).toContain('Later than promised');
});

it('says what will make a reward appear', async () => {
    const element = await open(require('data/payouts-none'), require('data/standings-none'));
    expect(text(find(element, 'empty'))).toContain('No rewards yet');
    expect(find(element, 'way')).toBeNull();
    await accessible(element);
});
