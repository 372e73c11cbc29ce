import standings from '@salesforce/apex/SpiffRepController.standings';
import { NavigationMixin } from 'lightning/navigation';
import SpiffWelcome from 'c/spiffWelcome';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';
import { DOWN } from '../../../../../test/refusals';

jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (told, props = {}) => {
    const element = show(SpiffWelcome, props);
    told?.();
    await settle();
    return element;
};

it('says since when she is enrolled, the rules and where she starts', async () => {
    const element = await open(() => standings.emit(require('data/standings-new')));
    expect(text(find(element, 'enrolled'))).toBe(
        'You are enrolled since Sun, Nov 15. Deals you own count from that day in 5 programs. There is nothing to sign up for.'
    );
    expect(text(find(element, 'balance'))).toBe('$0');
    expect(text(all(element, 'program')[0])).toContain('Backup Attach · Nimbrook Sell 25 seats or more');
    expect(text(all(element, 'program')[0])).toContain('12 days left');
    await accessible(element);
});

it('shows the first programs to end, and all when asked', async () => {
    const element = await open(() => standings.emit(require('data/standings-new')));
    expect(all(element, 'program')).toHaveLength(3);
    find(element, 'all').click();
    await settle();
    expect(all(element, 'program')).toHaveLength(5);
    expect(find(element, 'all')).toBeNull();
});

it('leads to the first quote', async () => {
    const element = await open(() => standings.emit(require('data/standings-new')));
    find(element, 'quote').click();
    expect(NavigationMixin.went.pop()).toEqual({
        type: 'standard__navItemPage',
        attributes: { apiName: 'Spiff_Quote' }
    });
});

it.each([
    ['while it loads', undefined],
    ['to somebody who has deals', () => standings.emit(require('data/standings'))],
    ['when it fails, which the dashboard says', () => standings.error(DOWN)],
    ['without a program, which the dashboard says', () => standings.emit(require('data/standings-none'))]
])('shows nothing %s', async (_, told) => {
    expect(text(await open(told))).toBe('');
});

it('says what to wait for when it stands alone', async () => {
    const element = await open(() => standings.emit(require('data/standings-none')), { alone: true });
    expect(text(find(element, 'empty'))).toContain('A program shows here the day it starts.');
    await accessible(element);
});
