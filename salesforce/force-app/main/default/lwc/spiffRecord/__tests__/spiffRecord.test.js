import deal from '@salesforce/apex/SpiffRepController.deal';
import SpiffRecord from 'c/spiffRecord';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';
import { MISSING } from '../../../../../test/refusals';

const PARTLY = require('data/deal-partly');
const MISS = require('data/deal');

jest.mock('@salesforce/apex/SpiffRepController.deal', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.disputes', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (told) => {
    const element = show(SpiffRecord, { recordId: PARTLY.registration });
    told();
    await settle();
    return element;
};

it('shows what is confirmed, what is not, and what it waits for', async () => {
    const element = await open(() => deal.emit(PARTLY));
    expect([text(find(element, 'confirmed')), text(find(element, 'pending'))]).toEqual(['$60', '$30']);
    expect(text(find(element, 'waits'))).toBe("The distributor's invoice for 30 more, dated by 31 Jan 2027");
    expect(deal.getLastConfig()).toEqual({ registrationId: PARTLY.registration });
    await accessible(element);
});

it('shows the proof: every condition with its value, and the arithmetic', async () => {
    const element = await open(() => deal.emit(PARTLY));
    const [layer] = all(element, 'layer');
    expect(text(layer)).toContain('Endpoint Seats · Tarnfield');
    expect(text(layer)).toContain('Met: Vendor: products of Tarnfield Tarnfield');
    expect(text(find(layer, 'because'))).toContain('$60 confirmed, $30 pending');
});

it('names the order lines a value was read from, once each', async () => {
    const element = await open(() => deal.emit(PARTLY));
    const [layer] = all(element, 'layer');
    expect(new Set(all(layer, 'source').map(text))).toEqual(new Set(['Read from Castellan invoice INV-4103 line 1.']));
    expect(all(layer, 'source')).toHaveLength(2);
});

it('says distance first where a deal is short', async () => {
    const element = await open(() => deal.emit(MISS));
    expect(text(find(element, 'headline'))).toContain('2 more seats and this deal pays $120 in Insight Starter.');
    const short = all(element, 'condition').find((one) => text(one).startsWith('Not met:'));
    expect(text(short)).toBe('Not met: Minimum seats: 10 seats or more 8 seats. 2 more seats');
    const waits = all(element, 'condition').find((one) => text(one).startsWith('Waiting:'));
    expect(text(waits)).toContain('Confirmed by the distributor');
    await accessible(element);
});

it('tells what has happened, oldest first', async () => {
    const element = await open(() => deal.emit(PARTLY));
    expect(all(element, 'event').map(text)).toEqual([
        'Fri, Nov 6 Registration received',
        'Fri, Nov 6 Registration approved',
        'Tue, Nov 17 Castellan, invoice INV-4103 60 seats, $3,600',
        'Sat, Jan 9, 2027 Last day an order may be placed'
    ]);
});

it('tells what was adjusted by hand, and why', async () => {
    const adjusted = {
        id: 'ADJ1',
        program: 'endpoint-seats',
        layer: 'vendor:Tarnfield',
        points: 30,
        worth: { minor: 3000, currency: 'USD' },
        reason: 'data_corrected',
        posted_at: '2026-11-18T20:00:00Z'
    };
    const element = await open(() => deal.emit({ ...PARTLY, adjustments: [adjusted] }));
    expect(all(element, 'event').map(text)).toContain('Wed, Nov 18 $30 adjusted by hand Data corrected');
});

it('is one press away from a dispute', async () => {
    const element = await open(() => deal.emit(PARTLY));
    find(element, 'dispute').click();
    await settle();
    expect(element.shadowRoot.querySelector('c-spiff-dispute').deal).toEqual(PARTLY);
});

it('says what will make a registration appear that is not among her deals', async () => {
    const element = await open(() => deal.error(MISSING));
    expect(text(find(element, 'empty'))).toContain('Not among your deals yet');
    expect(find(element, 'failed')).toBeNull();
    await accessible(element);
});
