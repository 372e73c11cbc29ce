import quote from '@salesforce/apex/SpiffRepController.quote';
import { getRecord } from 'lightning/uiRecordApi';
import SpiffQuote from 'c/spiffQuote';
import { accessible, all, choose, find, settle, show, text, validity } from '../../../../../test/page';
import { DOWN, FORBIDDEN, INVALID } from '../../../../../test/refusals';

const QUOTE = require('data/quote');
const NOTHING = require('data/quote-nothing');

jest.mock('@salesforce/apex/SpiffRepController.quote', () => require('../../../../../test/apex').called(), {
    virtual: true
});

const field = (element, name) => element.shadowRoot.querySelector(`[data-field="${name}"]`);
const ask = async (element, answer) => {
    choose(field(element, 'sku'), ' TRN-EP ');
    choose(field(element, 'vendor'), 'Tarnfield');
    choose(field(element, 'quantity'), '80');
    choose(field(element, 'amount'), '5200');
    validity(element, true);
    answer();
    find(element, 'ask').click();
    await settle();
};
const answered = async (answer) => {
    const element = show(SpiffQuote);
    await ask(element, () => quote.mockResolvedValue(answer));
    return element;
};

it('says what it is for before anything is asked, and that nothing is saved', async () => {
    const element = show(SpiffQuote);
    await settle();
    expect(text(find(element, 'empty'))).toContain('Will it count, and what would it pay?');
    expect(text(find(element, 'status'))).toBe('An answer before you quote. Nothing is saved.');
    await accessible(element);
});

it('asks what was typed', async () => {
    await answered(QUOTE);
    expect(quote).toHaveBeenCalledWith({
        sale: {
            sku: 'TRN-EP',
            vendor: 'Tarnfield',
            quantity: 80,
            amount: { amount: '5200', currency: 'USD' },
            deal_type: 'net_new'
        }
    });
});

it('answers in one sentence, then every type of deal side by side', async () => {
    const element = await answered(QUOTE);
    expect(text(find(element, 'verdict'))).toContain('Yes. It pays $390 as a new customer.');
    const types = all(element, 'offer').map((one) => [text(find(one, 'type')), text(find(one, 'pays'))]);
    expect(types).toEqual([
        ['New customer', '$390'],
        ['Renewal', '$80'],
        ['Expansion', '$0']
    ]);
    expect(text(find(element, 'status'))).toBe('As of 2:02 PM CST');
    await accessible(element);
});

it('says what each program pays, the tier it reaches and the place it brings', async () => {
    const element = await answered(QUOTE);
    const [first] = all(element, 'offer');
    expect(all(first, 'row').map(text)).toEqual([
        'Counts: Endpoint Seats, Tarnfield 80 seats confirmed x 3 = 240 points Then 250 points to the next tier $240',
        'Counts: New Customer November, Internal 150 points for the deal Reaches Three. So would what is pending, which brings its bonus. $150'
    ]);
    expect(text(find(first, 'rank'))).toBe('Endpoint Seats 4th to 1st place');
    expect(text(first)).toContain('5 more lines of other programs do not count for this sale.');
});

it.each([
    [25000, '', 'Reaches Three: $100 of it is the bonus.'],
    [15000, '', 'Reaches Three. So would what is pending, which brings its bonus.'],
    [9000, 'your cap leaves room for less', 'Reaches Three']
])('says what of %i is the bonus of a tier', async (minor, note, said) => {
    const pays = { minor, currency: 'USD' };
    const told = JSON.parse(JSON.stringify(QUOTE));
    const { offers } = told.programs.find((one) => one.program === 'new-customer-november');
    Object.assign(offers[0].layers[0], { pays, note });
    const element = await answered(told);
    expect(all(element, 'tier').map(text)).toContain(said);
});

it('says no, plainly', async () => {
    const element = await answered(NOTHING);
    expect(text(find(element, 'verdict'))).toContain('No. It pays nothing in any program.');
    await accessible(element);
});

it('says that another type of deal would pay', async () => {
    const totals = QUOTE.totals.map((one) => ({ ...one, asked: one.deal_type === 'expansion' }));
    const element = await answered({ ...QUOTE, totals });
    expect(text(find(element, 'verdict'))).toContain('Not as an expansion. Another type of deal would pay.');
});

it('says where a limit pays less than the rules', async () => {
    const totals = [{ ...QUOTE.totals[0], pays: { minor: 10000, currency: 'USD' } }];
    const element = await answered({ ...QUOTE, totals });
    expect(text(find(element, 'limited'))).toBe('$390 by the rules; a limit applies');
});

it('asks nothing while a field is missing', async () => {
    const element = show(SpiffQuote);
    validity(element, false);
    find(element, 'ask').click();
    await settle();
    expect(quote).not.toHaveBeenCalled();
});

it.each([
    ['is down', () => quote.mockRejectedValue({ body: DOWN }), 'We could not answer.'],
    ['cannot be read', () => quote.mockResolvedValue('<html>'), 'We could not answer.'],
    [
        'refuses the question',
        () => quote.mockRejectedValue({ body: INVALID }),
        'The question cannot be read. quantity: is not a whole number: send 1 or more'
    ]
])('keeps what was typed and answered when the API %s', async (_, fail, said) => {
    const element = await answered(QUOTE);
    await ask(element, fail);
    expect(text(find(element, 'error'))).toContain(said);
    expect(text(find(element, 'error'))).toContain('What you typed is still there.');
    expect(field(element, 'quantity').value).toBe('80');
    expect(text(find(element, 'verdict'))).toContain('$390');
    await accessible(element);
});

it('names the permission set to ask for', async () => {
    const element = show(SpiffQuote);
    await ask(element, () => quote.mockRejectedValue({ body: FORBIDDEN }));
    expect(text(find(element, 'refused'))).toContain('permission set SPIFF Rep');
    await accessible(element);
});

it('takes the account from the record it stands on', async () => {
    const element = show(SpiffQuote, { recordId: '006000000000001AAA', objectApiName: 'Opportunity' });
    getRecord.emit({ fields: { AccountId: { value: '001000000000001AAA' } } });
    await settle();
    await ask(element, () => quote.mockResolvedValue(QUOTE));
    expect(quote.mock.calls[0][0].sale.account).toBe('001000000000001AAA');
});
