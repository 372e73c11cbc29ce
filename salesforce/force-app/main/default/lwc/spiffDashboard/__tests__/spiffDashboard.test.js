import { refreshApex } from '@salesforce/apex';
import { subscribe } from 'lightning/empApi';
import standings from '@salesforce/apex/SpiffRepController.standings';
import SpiffDashboard from 'c/spiffDashboard';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';
import { BUSY, DOWN, FORBIDDEN, NO_CLASS, TIMEOUT, UNKNOWN } from '../../../../../test/refusals';

const STANDINGS = require('data/standings');
const EMPTY = require('data/standings-none');
const SPENT = require('data/standings-spent');

jest.mock('@salesforce/apex/SpiffRepController.standings', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (told, props) => {
    const element = show(SpiffDashboard, props);
    told?.();
    await settle();
    return element;
};

it('shows blocks and says that it loads until the answer comes', async () => {
    const element = await open();
    expect(text(element)).toBe('My SPIFFs Loading');
    expect(find(element, 'frame').getAttribute('aria-busy')).toBe('true');
    await accessible(element);
});

it('shows confirmed and pending apart, internal and vendors apart, and every program', async () => {
    const element = await open(() => standings.emit(STANDINGS));
    expect(text(find(element, 'earned'))).toBe('$1,540 Confirmed, all programs Internal $350 Vendors $1,190');
    expect(text(find(element, 'pending'))).toBe('$1,130 Pending, 4 deals Internal $250 Vendors $880');
    expect(all(element, 'program')).toHaveLength(6);
    expect(text(find(element, 'status'))).toBe('As of 2:02 PM CST · 5 vendor programs, 1 internal');
    expect(text(element)).not.toContain('$2,670'); // the two sums are never added up
    await accessible(element);
});

it('says what will make a program appear when there is none', async () => {
    const element = await open(() => standings.emit(EMPTY));
    expect(text(find(element, 'empty'))).toContain('A program shows here the day it starts.');
    expect(find(element, 'earned')).toBeNull();
    await accessible(element);
});

it.each([
    ['down', DOWN, 'We could not load your standing. Nothing is lost. Your deals are safe on our side. Try again'],
    [
        'too late',
        TIMEOUT,
        'We could not load your standing. Nothing is lost. Your deals are safe on our side. Try again'
    ],
    [
        'asked too often',
        BUSY,
        'We could not load your standing. You asked often in a short time. We ask again in a few minutes. Try again'
    ]
])('says what is safe and offers one button when the API is %s', async (_, error, said) => {
    const element = await open(() => standings.error(error));
    expect(text(find(element, 'failed'))).toBe(said);
    expect(find(element, 'failed').getAttribute('role')).toBe('alert');
    find(element, 'retry').click();
    expect(refreshApex).toHaveBeenCalledTimes(1);
    await accessible(element);
});

it.each([
    ['the API refuses', FORBIDDEN, 'You cannot see SPIFFs yet'],
    ['the platform stops her', NO_CLASS, 'You cannot see SPIFFs yet'],
    ['the API does not know her', UNKNOWN, 'We do not know you yet']
])('names the permission set to ask for when %s', async (_, error, title) => {
    const element = await open(() => standings.error(error));
    expect(text(find(element, 'refused'))).toBe(
        `${title} Ask your Salesforce admin for the permission set SPIFF Rep. Deals you register meanwhile still count.`
    );
    await accessible(element);
});

it.each([
    ['fails', () => standings.error(DOWN), 'These numbers are from 2:02 PM. We keep trying.'],
    ['cannot be read', () => standings.emit({ html: 'gateway' }), 'These numbers are from 2:02 PM. We keep trying.'],
    [
        'is too much',
        () => standings.error(BUSY),
        'These numbers are from 2:02 PM. You asked often in a short time. We ask again in a few minutes.'
    ]
])('keeps the old numbers with their time when a later answer %s', async (_, fail, said) => {
    const element = await open(() => standings.emit(STANDINGS));
    fail();
    await settle();
    expect(text(find(element, 'stale'))).toBe(said);
    expect(find(element, 'stale').getAttribute('role')).toBe('status');
    expect(text(find(element, 'earned-money'))).toBe('$1,540');
});

it('takes the numbers away when she may no longer see them', async () => {
    const element = await open(() => standings.emit(STANDINGS));
    standings.error(FORBIDDEN);
    await settle();
    expect(find(element, 'earned')).toBeNull();
    expect(find(element, 'refused')).not.toBeNull();
});

it('asks again every minute and on the button', async () => {
    const element = await open(() => standings.emit(STANDINGS));
    jest.advanceTimersByTime(59000);
    expect(refreshApex).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1000);
    expect(refreshApex).toHaveBeenCalledTimes(1);
    find(element, 'refresh').click();
    expect(refreshApex).toHaveBeenCalledTimes(2);
});

it('asks no more when it is gone', async () => {
    const element = await open(() => standings.emit(STANDINGS));
    element.remove();
    jest.advanceTimersByTime(600000);
    expect(refreshApex).not.toHaveBeenCalled();
});

const later = (kind, minor) => ({
    ...STANDINGS,
    totals: [{ ...STANDINGS.totals[0], [kind]: { minor: STANDINGS.totals[0][kind].minor + minor, currency: 'USD' } }]
});

it.each([
    ['payable', 9000, '$90 more is confirmed', 'success'],
    ['provisional', 60000, '$600 more is pending', 'info']
])('tells once when %s money rose while the page was open', async (kind, minor, title, variant) => {
    const element = await open(() => standings.emit(STANDINGS));
    const toast = jest.fn();
    element.addEventListener('lightning__showtoast', toast);
    standings.emit(later(kind, minor));
    await settle();
    standings.emit(later(kind, minor));
    await settle();
    expect(toast.mock.calls.map(([event]) => event.detail)).toEqual([expect.objectContaining({ title, variant })]);
});

it('says nothing when a number fell or stayed', async () => {
    const element = await open(() => standings.emit(STANDINGS));
    const toast = jest.fn();
    element.addEventListener('lightning__showtoast', toast);
    standings.emit(later('payable', -9000));
    await settle();
    expect(toast).not.toHaveBeenCalled();
});

it('says once that Salesforce was last read long ago, not on every card', async () => {
    const old = (source) => ({ ...source, stale: true, as_of: '2026-11-18T17:00:00Z' });
    const element = await open(() => standings.emit({ ...SPENT, sources: SPENT.sources.map(old) }));
    expect(text(find(element, 'stale-source'))).toBe(
        'Salesforce was last read Nov 18, 11:00 AM. What changed there since is not in these numbers.'
    );
    standings.emit(SPENT);
    await settle();
    expect(find(element, 'stale-source')).toBeNull();
});

it('says where a budget is used up', async () => {
    const element = await open(() => standings.emit(SPENT));
    expect(text(find(element, 'program'))).toContain('The budget is used up');
    expect(text(find(element, 'program'))).toContain('paid only if one before it falls through');
    await accessible(element);
});

it('listens to the platform event only when asked to, and then for her own', async () => {
    await open();
    expect(subscribe).not.toHaveBeenCalled();
    await open(() => standings.emit(STANDINGS), { liveEvents: true });
    const [channel, , told] = subscribe.mock.calls[0];
    expect(channel).toBe('/event/Spiff_Standing_Changed__e');
    told({ data: { payload: { Rep_User_Id__c: 'somebody else' } } });
    expect(refreshApex).not.toHaveBeenCalled();
    told({ data: { payload: { Rep_User_Id__c: require('@salesforce/user/Id').default } } });
    expect(refreshApex).toHaveBeenCalledTimes(1);
});
