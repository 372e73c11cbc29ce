// Where a deal stands for the rep who reads it: what she can change, what waits, what is confirmed, what is over.
// Nothing is scored here: every word and number comes from the proof the API sends.
import { count, day, fill, money, total } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

// A change of the deal she can still make; another product, customer or date is another deal.
const HERS = new Set(['more', 'state', 'with']);
const OVER = new Set(['expired', 'rejected', 'lost', 'deleted']);

export const GROUPS = ['change', 'waiting', 'confirmed', 'closed'];

/** "pending", "partly confirmed (2 of 3)" and the rest; the word before the numbers. */
export function stateWord(state) {
    return state.split(' (')[0];
}

/** One of GROUPS. */
export function groupOf(deal) {
    const word = stateWord(deal.state);
    if (OVER.has(word)) {
        return 'closed';
    }
    const { confirmed, provisional } = amounts(deal);
    const nothing = confirmed.minor === 0 && provisional.minor === 0;
    if (nothing && deal.status === 'approved') {
        return bestChange(deal) ? 'change' : 'closed';
    }
    return word === 'confirmed' ? 'confirmed' : 'waiting';
}

/** Confirmed and pending money of the deal; never added up. */
export function amounts(deal) {
    const currency = deal.combined[0]?.confirmed.currency;
    return {
        confirmed: total(
            deal.combined.map((one) => one.confirmed),
            currency
        ),
        provisional: total(
            deal.combined.map((one) => one.provisional),
            currency
        )
    };
}

/** What each funder pays of it, as [layer, amount]; a funder that pays nothing is left out. */
export function byFunder(deal, kind) {
    const found = new Map();
    for (const program of deal.programs) {
        for (const { layer, [kind]: worth } of program.layers) {
            if (worth.money.minor) {
                const before = found.get(layer);
                found.set(layer, before ? total([before, worth.money]) : worth.money);
            }
        }
    }
    return [...found];
}

/** The conditions that fail, without the one that only waits for its order. */
export function misses(layer) {
    return layer.verdicts.filter((one) => !one.holds && leaves(one).length);
}

/** The program in which the fewest changes, all of them hers to make, would make the deal count; null when none. */
export function bestChange(deal) {
    let best = null;
    for (const program of deal.programs) {
        for (const layer of program.layers) {
            const failed = misses(layer);
            const changes = failed.flatMap(leaves);
            const hers = changes.length && changes.every((one) => HERS.has(one.kind ?? 'other'));
            if (hers && (!best || changes.length < best.changes.length)) {
                best = { program, layer, changes, failed };
            }
        }
    }
    return best;
}

/** What the smallest change would bring her, or nothing where nobody can say. */
export function inReach(deal) {
    return groupOf(deal) === 'change' ? bestChange(deal).layer.in_reach?.money : undefined;
}

/** The state as it is shown: what does not count is not called pending, and what a person must decide is under review. */
export function shownState(deal) {
    const group = groupOf(deal);
    if (group === 'change' || (group === 'closed' && deal.status === 'approved')) {
        return 'off';
    }
    return deal.waits_for.startsWith('a person to decide') ? 'review' : deal.state;
}

/** "Add this, and this deal counts in that program"; "" when nothing of hers would help. */
export function headline(deal) {
    const best = groupOf(deal) === 'change' ? bestChange(deal) : null;
    if (!best) {
        return '';
    }
    const change = best.changes.map((one) => one.text).join(', ');
    const pays = best.layer.in_reach?.money;
    const text = pays
        ? fill(labels.smallestChangePays, change, money(pays), best.program.name)
        : fill(labels.smallestChange, change, best.program.name);
    return deal.valid_until ? `${text} ${fill(labels.validUntil, day(deal.valid_until))}` : text;
}

/** The programs whose proof is shown; the API tells which pay for something else sold. */
export function proofsOf(deal) {
    return deal.programs.filter((one) => !one.elsewhere);
}

/** "4 other programs ask for another product, customer or date."; "" when there is none. */
export function othersText(deal) {
    const others = deal.programs.length - proofsOf(deal).length;
    return others ? count(others, labels.otherProgramOne, labels.otherPrograms) : '';
}

function leaves(verdict) {
    return verdict.changes?.length
        ? verdict.changes
        : (verdict.parts ?? []).filter((part) => !part.holds).flatMap(leaves);
}
