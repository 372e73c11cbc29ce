import { LightningElement, api } from 'lwc';
import { asOf, count, day, dayOf, daysLeft, fill, formatted, funder, money, ordinal, sentence } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const NEAR_DAYS = 14;

/** One program as a card: the rule in one sentence, how far the next tier is, what is confirmed and what is pending. */
export default class SpiffProgram extends LightningElement {
    labels = labels;
    /** A ProgramStanding of the API. */
    @api standing;

    get funders() {
        const names = this.standing.layers.map((one) => funder(one.layer));
        const vendor = this.standing.layers.every((one) => one.layer.startsWith('vendor:'));
        return vendor ? `${names.join(', ')} · ${labels.vendor}` : listed(names);
    }

    get isRunning() {
        return this.standing.window.state === 'running';
    }

    get isNear() {
        return this.isRunning && this.standing.window.days_left <= NEAR_DAYS;
    }

    get clock() {
        const { state, start, end, days_left: left } = this.standing.window;
        if (state === 'upcoming') {
            return fill(labels.startsOn, day(start));
        }
        return state === 'running' ? daysLeft(left) : fill(labels.endedOn, day(end));
    }

    get clockMore() {
        const { window: dates, pays_by: paysBy } = this.standing;
        return dates.state === 'over'
            ? fill(labels.paidBy, dayOf(paysBy, dates.zone))
            : fill(labels.endsOn, day(dates.end));
    }

    get tiers() {
        return this.isOver ? [] : this.standing.layers.filter((one) => one.next_tier).map(tier);
    }

    get isOver() {
        return this.standing.window.state === 'over';
    }

    get endedWith() {
        return fill(labels.endedWith, money(this.standing.combined.payable));
    }

    get noTier() {
        return this.tiers.length === 0 && this.isRunning;
    }

    get deals() {
        const { qualifying, pending } = this.standing.deals;
        const words = count(qualifying, labels.dealCountsOne, labels.dealsCount);
        return pending ? `${words}, ${fill(labels.ofThemPending, pending)}` : words;
    }

    get rank() {
        const { rank, of, to_next: gap } = this.standing.rank;
        const place = fill(labels.placeOf, ordinal(rank), formatted(of));
        return gap ? `${place}, ${fill(labels.toNextPlace, money(gap))}` : place;
    }

    get showsRank() {
        return this.standing.rank.of > 1 && this.standing.combined.confirmed.minor > 0;
    }

    /** Each funder's part, where there is more than one. */
    get parts() {
        const { layers } = this.standing;
        return layers.length < 2
            ? []
            : layers.map((one) => ({
                  key: one.layer,
                  label: funder(one.layer),
                  value: [
                      fill(labels.amountConfirmed, money(one.payable)),
                      ...(one.provisional.points ? [fill(labels.amountPending, money(one.provisional.money))] : [])
                  ].join(', ')
              }));
    }

    get hasParts() {
        return this.parts.length > 0;
    }

    /** What the rep has to know beside the numbers, most limiting first. */
    get notes() {
        const { layers, cap, enrolled_from: from, enrolled_to: to, window: dates, sources } = this.standing;
        const bonus = layers.filter((one) => one.tier_bonus.points);
        const held = layers.filter((one) => one.payable.minor < one.confirmed.money.minor + one.tier_bonus.money.minor);
        const found = [
            ...layers.filter((one) => one.budget?.exhausted).map((one) => one.budget.note),
            ...held.map((one) => fill(labels.limited, money(one.payable))),
            ...bonus.map((one) => fill(labels.withBonus, money(one.tier_bonus.money))),
            ...(cap ? [fill(labels.paysAtMost, money(cap))] : []),
            ...layers
                .filter((one) => one.first_deals)
                .map((one) => fill(labels.firstDealsOnly, one.first_deals, funder(one.layer))),
            ...layers
                .filter((one) => one.budget && !one.budget.exhausted)
                .map((one) => fill(labels.budgetLeft, money(one.budget.left))),
            ...(from > dates.start ? [fill(labels.enrolledFrom, day(from))] : []),
            ...(to ? [fill(labels.enrolledTo, day(to))] : []),
            // What Salesforce told is said once, above the cards.
            ...sources.filter((one) => one.stale && one.kind === 'feed').map(staleSource)
        ];
        return found.map((text, key) => ({ key, text }));
    }

    get isSpent() {
        return this.standing.layers.some((one) => one.budget?.exhausted);
    }

    get confirmedWord() {
        return fill(labels.amountConfirmed, money(this.standing.combined.payable));
    }

    get pendingWord() {
        return fill(labels.amountPending, money(this.standing.combined.provisional));
    }

    get hasConfirmed() {
        return this.standing.combined.payable.minor > 0;
    }

    get hasPending() {
        return this.standing.combined.provisional.minor > 0;
    }

    get hasNothing() {
        return !this.hasConfirmed && !this.hasPending;
    }

    /** The oldest of what the card rests on. */
    get readAt() {
        const seen = this.standing.sources.map((one) => one.as_of).filter(Boolean);
        return seen.length ? fill(labels.asOfSmall, asOf(seen.sort()[0])) : '';
    }
}

function tier({ layer, confirmed, provisional, next_tier: ahead }) {
    const goal = confirmed.points + ahead.missing_points;
    const about = ahead.missing_deals ? count(ahead.missing_deals, labels.aboutDealOne, labels.aboutDeals) : '';
    const pending = provisional.points ? labels.pendingShort : labels.nonePending;
    return {
        key: layer,
        confirmed: confirmed.points,
        pending: provisional.points,
        goal,
        reached: fill(labels.pointsOf, formatted(confirmed.points), formatted(goal)),
        prize: ahead.bonus.money.minor
            ? fill(labels.tierBonus, ahead.name, money(ahead.bonus.money))
            : fill(labels.tierPercent, ahead.name, ahead.percent),
        gap: fill(labels.pointsToTier, formatted(ahead.missing_points), ahead.name),
        more: [ahead.pending_reaches ? labels.pendingReaches : pending, about].filter(Boolean).join(' ')
    };
}

/** "Internal and Veridane". */
function listed(names) {
    return names.length > 1 ? fill(labels.listAnd, names.slice(0, -1).join(', '), names[names.length - 1]) : names[0];
}

function staleSource({ name, as_of: at }) {
    return at ? fill(labels.sourceStale, sentence(name), asOf(at)) : fill(labels.sourceNever, sentence(name));
}
