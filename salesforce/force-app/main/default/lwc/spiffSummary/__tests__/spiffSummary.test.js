import SpiffSummary from 'c/spiffSummary';
import { accessible, all, find, settle, show, text } from '../../../../../test/page';

const STANDINGS = require('data/standings');

const open = async (standings) => {
    const element = show(SpiffSummary, { standings });
    await settle();
    return element;
};

it('says what to do next: what is pending first, then what ends first, each with its date', async () => {
    const element = await open(STANDINGS);
    expect(all(element, 'step').map(text)).toEqual([
        'Get what is pending confirmed: Three What is pending in New Customer November would reach it +$200 by Sun, Jan 31, 2027',
        'Get what is pending confirmed: Trio What is pending in Identity Push would reach it +$200 by Sun, Jan 31, 2027',
        'About 3 deals to Four 300 points missing in Backup Attach, Nimbrook +$150 by Mon, Nov 30'
    ]);
    await accessible(element);
});

it('counts what would be paid, tier bonus included, and its parts add up to it', async () => {
    const usd = (minor) => ({ minor, currency: 'USD' });
    const [program] = STANDINGS.programs;
    const [layer] = program.layers;
    const paid = { ...program, layers: [{ ...layer, payable: usd(25000) }] };
    const totals = [{ ...STANDINGS.totals[0], confirmed: usd(10000), payable: usd(25000) }];
    const element = await open({ ...STANDINGS, programs: [paid], totals });
    expect(text(find(element, 'earned'))).toBe('$250 Confirmed, all programs Vendors $250');
});

it('says nothing is close when nothing is', async () => {
    const element = await open(require('data/standings-spent'));
    expect(text(find(element, 'no-steps'))).toBe('Nothing is close. Every card below says what it pays.');
});

it('never adds two currencies: each has its own sums', async () => {
    const euro = (minor) => ({ minor, currency: 'EUR' });
    const second = { confirmed: euro(500), provisional: euro(0), payable: euro(500), if_all_confirms: euro(500) };
    const element = await open({ ...STANDINGS, totals: [...STANDINGS.totals, second] });
    expect(all(element, 'earned-money').map(text)).toEqual(['$1,540', '€5']);
    expect(all(element, 'earned-money').map((one) => one.className)).toEqual(['sp-hero', 'sp-hero_second']);
});
