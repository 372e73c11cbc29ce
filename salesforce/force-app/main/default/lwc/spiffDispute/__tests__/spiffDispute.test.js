import answerDispute from '@salesforce/apex/SpiffRepController.answerDispute';
import deal from '@salesforce/apex/SpiffRepController.deal';
import disputes from '@salesforce/apex/SpiffRepController.disputes';
import fileDispute from '@salesforce/apex/SpiffRepController.fileDispute';
import withdrawDispute from '@salesforce/apex/SpiffRepController.withdrawDispute';
import { refreshApex } from '@salesforce/apex';
import SpiffDispute from 'c/spiffDispute';
import { accessible, all, choose, find, settle, show, text, validity } from '../../../../../test/page';
import { DOWN, FORBIDDEN, INVALID } from '../../../../../test/refusals';

const DEAL = require('data/deal');
const [OPEN, ASKED, UPHELD] = require('data/disputes').disputes.map((one) => ({
    ...one,
    registration: DEAL.registration
}));

jest.mock('@salesforce/apex/SpiffRepController.deal', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.disputes', () => require('../../../../../test/apex').wired(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.fileDispute', () => require('../../../../../test/apex').called(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.answerDispute', () => require('../../../../../test/apex').called(), {
    virtual: true
});
jest.mock('@salesforce/apex/SpiffRepController.withdrawDispute', () => require('../../../../../test/apex').called(), {
    virtual: true
});
jest.mock('@salesforce/apex', () => ({ refreshApex: jest.fn(() => Promise.resolve()) }), { virtual: true });

const open = async (found = [], props = { deal: DEAL }) => {
    const element = show(SpiffDispute, props);
    disputes.emit({ disputes: found });
    await settle();
    return element;
};
const field = (element, name) => element.shadowRoot.querySelector(`[data-field="${name}"]`);
const write = async (element) => {
    choose(field(element, 'reason'), 'wrong_amount');
    choose(field(element, 'text'), '  It was ten seats.  ');
    validity(element, true);
    await settle();
};
const press = async (element, id) => {
    find(element, id).click();
    await settle();
};

it('proposes the program that matters most and says what goes with it', async () => {
    const element = await open();
    expect(field(element, 'program').value).toBe('insight-starter');
    expect(field(element, 'program').options).toHaveLength(6);
    expect(text(find(element, 'form'))).toContain(
        'This goes with it the proof of 7 conditions, with their values and sources registration DR-10471'
    );
    await accessible(element);
});

it('says that the proof goes along under a program a list names without it', async () => {
    const [listed] = require('data/deals').deals.filter((one) => one.registration === DEAL.registration);
    const element = await open([], { deal: listed });
    choose(field(element, 'program'), listed.programs.find((one) => one.elsewhere).program);
    await settle();
    expect(text(find(element, 'form'))).toContain('the proof of every condition, with its value and source');
});

it('files what was written, tells when the answer is due, and reads the list again', async () => {
    const element = await open();
    const toast = jest.fn();
    const filed = jest.fn();
    element.addEventListener('lightning__showtoast', toast);
    element.addEventListener('filed', filed);
    await write(element);
    fileDispute.mockResolvedValue(OPEN);
    await press(element, 'file');
    expect(fileDispute).toHaveBeenCalledWith({
        dispute: {
            registration: DEAL.registration,
            program: 'insight-starter',
            layer: null,
            reason: 'wrong_amount',
            text: 'It was ten seats.'
        }
    });
    expect(toast.mock.calls[0][0].detail.title).toBe('Your dispute is filed. You hear from us by Tue, Nov 24.');
    expect([filed.mock.calls.length, refreshApex.mock.calls.length]).toEqual([1, 1]);
    expect(text(find(element, 'filed'))).toContain('Under review');
});

it('asks nothing of the API while a field is missing', async () => {
    const element = await open();
    validity(element, false);
    await press(element, 'file');
    expect(fileDispute).not.toHaveBeenCalled();
});

it.each([
    ['is down', DOWN, 'We could not send it. Nothing is lost: your words are still here. Try again.'],
    [
        'refuses it',
        INVALID,
        'The question cannot be read. quantity: is not a whole number: send 1 or more Nothing is lost: your words are still here. Try again.'
    ]
])('keeps every word when the API %s', async (_, error, said) => {
    const element = await open();
    await write(element);
    fileDispute.mockRejectedValue({ body: error });
    await press(element, 'file');
    expect(text(find(element, 'not-sent'))).toBe(said);
    expect(field(element, 'text').value).toBe('  It was ten seats.  ');
    expect(field(element, 'reason').value).toBe('wrong_amount');
    fileDispute.mockResolvedValue(OPEN);
    await press(element, 'file');
    expect(find(element, 'not-sent')).toBeNull();
    await accessible(element);
});

it('shows an open dispute with its clock, and withdraws it', async () => {
    const element = await open([OPEN]);
    expect(text(find(element, 'waits'))).toBe('Answer by Tue, Nov 24. Waits for a reviewer to look at it.');
    expect(find(element, 'form')).toBeNull();
    expect(find(element, 'reply')).toBeNull();
    withdrawDispute.mockResolvedValue({ ...OPEN, state: 'withdrawn' });
    await press(element, 'withdraw');
    expect(withdrawDispute).toHaveBeenCalledWith({ disputeId: 'DSP0001' });
    await accessible(element);
});

it('answers a question of the reviewer', async () => {
    const element = await open([ASKED]);
    expect(all(element, 'message').map(text)).toEqual([
        'Sales operations, Nov 18, 10:00 AM Which quote number was it?'
    ]);
    expect(find(element, 'answer').disabled).toBe(true);
    choose(find(element, 'reply'), 'Q-77');
    await settle();
    answerDispute.mockResolvedValue(ASKED);
    await press(element, 'answer');
    expect(answerDispute).toHaveBeenCalledWith({ disputeId: 'DSP0002', text: 'Q-77' });
    await accessible(element);
});

it('keeps the answer when it cannot be sent', async () => {
    const element = await open([ASKED]);
    choose(find(element, 'reply'), 'Q-77');
    await settle();
    answerDispute.mockRejectedValue({ body: DOWN });
    await press(element, 'answer');
    expect(find(element, 'reply').value).toBe('Q-77');
    expect(text(find(element, 'not-sent'))).toContain('your words are still here');
});

it('shows how it was decided and what was added', async () => {
    const element = await open([UPHELD]);
    expect(text(find(element, 'decision'))).toBe(
        'The data was wrong and is corrected. The distributor had the wrong date. $100 is added to your standing.'
    );
    expect(find(element, 'withdraw')).toBeNull();
    await accessible(element);
});

it.each([
    ['proposed', '$100 is proposed. It counts once a second person confirms it.'],
    ['refused', '$100 was proposed and not confirmed.']
])('does not call an adjustment added that is %s', async (state, said) => {
    const element = await open([{ ...UPHELD, adjustment: { ...UPHELD.adjustment, state } }]);
    expect(text(find(element, 'adjustment'))).toBe(said);
});

it('promises no day where there is none', async () => {
    const element = await open([{ ...OPEN, due_on: null }]);
    expect(text(find(element, 'waits'))).toBe('Waits for a reviewer to look at it.');
});

it('reads the deal itself on its record page', async () => {
    const element = await open([], { recordId: DEAL.registration });
    expect(find(element, 'stencil')).not.toBeNull();
    deal.emit(DEAL);
    await settle();
    expect(text(find(element, 'form'))).toContain('Dispute Copperfield Logistics');
    expect(find(element, 'cancel')).toBeNull();
});

it.each([
    ['cannot be loaded', DOWN, 'failed', 'We could not load this deal.'],
    ['is not for her', FORBIDDEN, 'refused', 'permission set SPIFF Rep']
])('says so when the deal %s', async (_, error, id, said) => {
    const element = await open([], { recordId: DEAL.registration });
    deal.error(error);
    await settle();
    expect(text(find(element, id))).toContain(said);
    expect(find(element, 'form')).toBeNull();
    await accessible(element);
});

it('lets her ask again about what is over, and not while it lives', async () => {
    expect(find(await open([OPEN]), 'again')).toBeNull();
    const element = await open([UPHELD]);
    await press(element, 'again');
    expect(text(find(element, 'form'))).toContain('Dispute Copperfield Logistics');
    await write(element);
    fileDispute.mockResolvedValue(OPEN);
    await press(element, 'file');
    expect(text(find(element, 'filed'))).toContain('Under review');
});

it('goes away when she thinks better of it', async () => {
    const element = await open();
    const closed = jest.fn();
    element.addEventListener('closed', closed);
    await press(element, 'cancel');
    expect(closed).toHaveBeenCalledTimes(1);
});
