import { LightningElement, api } from 'lwc';
import { dealType, fill, funder, formatted, money, ordinal, sentence } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

/** What a sale would pay as one type of deal, program by program, beside the other types. */
export default class SpiffOffer extends LightningElement {
    labels = labels;
    /** A QuoteTotal of the API. */
    @api total;
    /** [{program: ProgramQuote, offer: Offer}] of that type. */
    @api programs;

    get heading() {
        return dealType(this.total.deal_type);
    }

    get pays() {
        return money(this.total.pays);
    }

    get heroClass() {
        return this.total.asked ? 'sp-hero' : 'sp-hero sp-weak';
    }

    get cardClass() {
        return this.total.asked ? 'sp-card sp-card_on card' : 'sp-card card';
    }

    /** A budget or a cap pays less than the rules alone would. */
    get limited() {
        return this.total.pays.minor < this.total.worth.minor ? fill(labels.worthBefore, money(this.total.worth)) : '';
    }

    get rows() {
        return this.programs
            .flatMap(({ program, offer }) => offer.layers.map((layer) => row(program, layer)))
            .sort((a, b) => Number(b.counts) - Number(a.counts));
    }

    get counting() {
        return this.rows.filter((one) => one.counts || one.isNear);
    }

    get others() {
        const left = this.rows.length - this.counting.length;
        return left ? fill(labels.offerOthers, left) : '';
    }

    get places() {
        return this.programs
            .filter(({ offer }) => offer.rank_now && offer.rank_then && offer.rank_then < offer.rank_now)
            .map(({ program, offer }) => ({
                key: program.program,
                name: program.name,
                text: fill(labels.fromTo, ordinal(offer.rank_now), ordinal(offer.rank_then))
            }));
    }

    get hasPlaces() {
        return this.places.length > 0;
    }
}

function row(program, layer) {
    const missing = layer.missing.map((one) => sentence(one.shortfall)).filter(Boolean);
    const other = layer.missing.some((one) => (one.changes ?? []).some((change) => change.kind === 'other'));
    return {
        key: `${program.program} ${layer.layer}`,
        name: program.name,
        funder: funder(layer.layer),
        counts: layer.counts,
        // One change away is worth saying; a program for other products is not.
        isNear: !layer.counts && missing.length > 0 && !other,
        icon: layer.counts ? 'utility:success' : 'utility:ban',
        variant: layer.counts ? 'success' : '',
        said: layer.counts ? labels.stateCounts : labels.stateOff,
        why: layer.counts ? sentence(layer.because) : missing.join('. '),
        tier: layer.counts ? tierText(layer) : '',
        note: sentence(layer.note || layer.budget?.note || ''),
        money: money(layer.pays)
    };
}

/** The tier this sale reaches, and what of the money is its bonus; else how far the next one is. */
function tierText({ tier, to_next_tier: ahead, pays, worth, note }) {
    if (tier) {
        const bonus = pays.minor - worth.minor;
        if (bonus > 0) {
            return fill(labels.reachesTierWith, tier, money({ ...pays, minor: bonus }));
        }
        return fill(note ? labels.reachesTier : labels.reachesTierAnyway, tier);
    }
    return ahead ? fill(labels.thenToNextTier, formatted(ahead)) : '';
}
