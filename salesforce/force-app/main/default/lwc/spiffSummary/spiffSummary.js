import { LightningElement, api } from 'lwc';
import { count, day, fill, formatted, funder, money, total } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const STEPS = 3;

/** The answers on the first screen: what is hers, what is not yet, and what to do next. The two are never added up. */
export default class SpiffSummary extends LightningElement {
    labels = labels;
    /** A StandingsView of the API. */
    @api standings;

    /** One block a currency; the first is the page's big number. */
    get sums() {
        return this.standings.totals.map((sum, index) => {
            const { currency } = sum.payable;
            const layers = this.standings.programs
                .filter((one) => one.combined.payable.currency === currency)
                .flatMap((one) => one.layers);
            return {
                key: currency,
                earned: money(sum.payable),
                earnedClass: index ? 'sp-hero_second' : 'sp-hero',
                earnedRows: rows(layers, (one) => one.payable, currency),
                pending: money(sum.provisional),
                pendingRows: rows(layers, (one) => one.provisional.money, currency),
                hasPending: sum.provisional.minor > 0
            };
        });
    }

    get pendingWord() {
        const deals = this.standings.programs.reduce((sum, one) => sum + one.deals.pending, 0);
        return count(deals, labels.pendingDealOne, labels.pendingDeals);
    }

    get steps() {
        return this.standings.programs
            .filter((one) => one.window.state === 'running' && !one.frozen)
            .flatMap(stepsOf)
            .sort((a, b) => a.place - b.place)
            .slice(0, STEPS);
    }

    get hasSteps() {
        return this.steps.length > 0;
    }
}

/** Internal and vendors' money apart; a row only where there is one. */
function rows(layers, amount, currency) {
    const split = [
        ['internal', labels.internalMoney, layers.filter((one) => !isVendor(one))],
        ['vendors', labels.vendorMoney, layers.filter(isVendor)]
    ];
    return split
        .filter(([, , found]) => found.length)
        .map(([key, label, found]) => ({ key, label, value: money(total(found.map(amount), currency)) }));
}

/** The tiers ahead of her in one program; what is pending and would reach one comes first, then what ends first. */
function stepsOf(program) {
    const ends = fill(labels.byDay, day(program.window.end));
    const ahead = program.layers.filter((one) => one.next_tier && !one.budget?.exhausted);
    const steps = ahead.map(({ layer, next_tier: tier }) => {
        const more = fill(labels.pointsMissing, formatted(tier.missing_points), program.name, funder(layer));
        const step = { key: `${program.program} ${layer}`, gain: gain(tier), more, by: ends };
        if (tier.pending_reaches) {
            return {
                ...step,
                place: program.window.days_left - 1000,
                title: fill(labels.stepConfirm, tier.name),
                more: fill(labels.pendingReachesIn, program.name),
                by: fill(labels.byDay, day(program.confirm_by))
            };
        }
        const title = tier.missing_deals
            ? fill(tier.missing_deals === 1 ? labels.stepDealOne : labels.stepDeals, tier.missing_deals, tier.name)
            : fill(labels.stepFirst, program.name);
        return { ...step, title, place: program.window.days_left };
    });
    return steps;
}

function gain({ bonus, percent }) {
    if (bonus.money.minor) {
        return `+${money(bonus.money)}`;
    }
    return percent > 100 ? fill(labels.paidAtPercent, percent) : '';
}

function isVendor({ layer }) {
    return layer.startsWith('vendor:');
}
