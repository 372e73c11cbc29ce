import { refreshApex } from '@salesforce/apex';
import deals from '@salesforce/apex/SpiffRepController.deals';
import disputes from '@salesforce/apex/SpiffRepController.disputes';
import { NavigationMixin } from 'lightning/navigation';
import SpiffDeals from 'c/spiffDeals';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';
import { DOWN } from '../../../../../test/refusals';

const DEALS = require('data/deals');
const MORE = require('data/deals-more');
const DISPUTES = require('data/disputes');

jest.mock('@salesforce/apex/SpiffRepController.deals', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.disputes', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (told = DEALS, disputed = { disputes: [] }) => {
    const element = show(SpiffDeals);
    deals.emit(told);
    disputes.emit(disputed);
    await settle();
    return element;
};
const row = (element, name) => all(element, 'deal').find((one) => text(one).includes(name));
const press = async (button) => {
    button.click();
    await settle();
};

it('groups every registration by what the rep can do about it, and hides none', async () => {
    const element = await open();
    const sizes = ['change', 'waiting', 'confirmed', 'closed'].map((group) => all(find(element, group), 'deal').length);
    expect(sizes).toEqual([1, 5, 4, 2]);
    expect(text(find(element, 'status'))).toBe('As of 2:02 PM CST · 12 registrations, none is ever hidden');
    expect(all(element, 'sum').map(text)).toEqual([
        '$120 in reach',
        '$1,130 pending, $60 confirmed',
        '$1,480 confirmed',
        ''
    ]);
});

it.each([
    [
        'Copperfield Logistics',
        ['Does not count', '2 more seats. Insight Starter asks for 10 seats or more.', '$0', '+$120 in reach']
    ],
    ['Kestrel Freight', ['Pending', "The distributor's invoice, dated by 31 Jan 2027", '$600', '$450 Tarnfield']],
    ['Ironbridge Tools', ['60 of 90 confirmed', '$30', 'and $60 confirmed']],
    ['Oakridge Schools', ['Submitted', 'Approval of the registration', '–', 'after approval']],
    ['Ledgerline Credit Union', ['Confirmed', 'Invoiced Tue, Nov 17', '$900', '$750 Tarnfield, $150 Internal']],
    ['Rook & Daughters', ['Rejected', 'Nothing: the registration is rejected', '$0']],
    ['Sable Point Hotels', ['Expired', 'it expired on 15 Nov 2026', '$0']]
])('says of %s where it stands, why, and what it pays', async (name, said) => {
    const shown = text(row(await open(), name));
    said.forEach((words) => expect(shown).toContain(words));
});

it('opens the proof with the smallest change that counts', async () => {
    const element = await open({ ...DEALS, deals: DEALS.deals.filter((one) => one.number === 'DR-10471') });
    const toggle = find(element, 'toggle');
    expect([toggle.getAttribute('aria-expanded'), text(toggle)]).toEqual(['false', 'Show why: Copperfield Logistics']);
    await press(toggle);
    expect(toggle.getAttribute('aria-expanded')).toBe('true');
    expect(text(find(element, 'headline'))).toContain('2 more seats and this deal pays $120 in Insight Starter.');
    expect(text(find(element, 'others'))).toBe('5 other programs ask for another product, customer or date.');
    expect(all(element, 'layer')).toHaveLength(1);
    await press(toggle);
    expect(find(element, 'proofs')).toBeNull();
    await accessible(element);
});

it('names the deal in what is pressed, and leads to its record', async () => {
    const element = await open(MORE);
    const [first] = all(element, 'deal');
    const link = first.querySelector('a');
    expect(link.getAttribute('href')).toBe(`/lightning/r/${MORE.deals[0].registration}/view`);
    await press(link);
    expect(NavigationMixin.went.pop().attributes.recordId).toBe(MORE.deals[0].registration);
    expect(text(find(first, 'dispute'))).toBe('Dispute Dispute Oakridge Schools');
    await accessible(element);
});

it('says where a dispute is open, and not where it was answered', async () => {
    const element = await open(DEALS, DISPUTES);
    expect(text(row(element, 'Sable Point'))).toContain('Your dispute is open, answer by Tue, Nov 24.');
    expect(text(row(element, 'Halden'))).not.toContain('dispute is open');
});

it('reads the disputes again when one was filed', async () => {
    const element = await open(MORE);
    await press(find(element, 'dispute'));
    element.shadowRoot.querySelector('c-spiff-deal').dispatchEvent(new CustomEvent('filed'));
    expect(refreshApex).toHaveBeenCalledTimes(1);
});

it('says what will make a deal appear', async () => {
    const element = await open(require('data/deals-none'));
    expect(text(find(element, 'empty'))).toBe(
        'No deals yet A deal shows here the minute you submit its registration. It stays here, whatever happens to it.'
    );
    await accessible(element);
});

it('shows older deals below, each once', async () => {
    const element = await open(MORE);
    expect(text(find(element, 'status'))).toContain('2 registrations, older ones below');
    deals.mockResolvedValue({ ...DEALS, next: '' });
    await press(find(element, 'more'));
    expect(all(element, 'deal')).toHaveLength(12);
    expect(find(element, 'more')).toBeNull();
});

it('keeps what is shown when older deals cannot be loaded', async () => {
    const element = await open(MORE);
    deals.mockRejectedValue({ body: DOWN });
    await press(find(element, 'more'));
    expect(text(find(element, 'more-error'))).toBe('We could not load your deals.');
    expect(all(element, 'deal')).toHaveLength(2);
    await accessible(element);
});
