import { LightningElement, api } from 'lwc';
import { asOf, dayOf, fill, money, sentence, span } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const PROMISE_MS = 48 * 3600000;
// Before a person or a clock lets it go.
const UNRELEASED = new Set(['planned', 'blocked']);
const NEEDS_HER = new Set(['blocked', 'delivery_failed']);
const STUCK = new Set(['rejected', 'conflict']);

/** One payout on its way: the four steps with their dates, and the 48 hours it was promised in. */
export default class SpiffReward extends LightningElement {
    labels = labels;
    /** A PayoutView of the API. */
    @api payout;
    /** The program's name. */
    @api name;
    @api zone;
    /** The moment it is looked at. */
    @api now = new Date();

    get money() {
        return money(this.payout.amount);
    }

    get words() {
        return sentence(this.payout.in_words);
    }

    get state() {
        if (NEEDS_HER.has(this.payout.state)) {
            return 'needs_you';
        }
        return STUCK.has(this.payout.state) ? 'failed' : 'waiting';
    }

    get steps() {
        const { state, earned_at: earned, ordered_at: ordered, pays_by: by, confirmed_at: done } = this.payout;
        const released = !UNRELEASED.has(state);
        const all = [
            [labels.stepEarned, true, this.day(earned)],
            [labels.stepReleased, released, ''],
            [labels.stepOrdered, Boolean(ordered), ordered ? this.day(ordered) : ''],
            [labels.stepDelivered, Boolean(done), done ? this.day(done) : fill(labels.byDay, this.day(by))]
        ];
        const current = all.findIndex(([, isDone]) => !isDone);
        return all.map(([title, isDone, when], key) => ({
            key,
            title,
            when,
            isDone,
            current: key === current ? 'step' : null,
            said: isDone ? labels.stepDone : key === current ? labels.stepNow : labels.stepToCome,
            stepClass: isDone ? 'step done' : 'step',
            dotClass: key === current ? 'dot dot_now' : 'dot'
        }));
    }

    get left() {
        return new Date(this.payout.pays_by) - this.now;
    }

    get clock() {
        if (this.left > PROMISE_MS) {
            return fill(labels.clockStarts, this.day(new Date(new Date(this.payout.pays_by) - PROMISE_MS)));
        }
        return this.left > 0
            ? fill(labels.clockLeft, span(this.left))
            : fill(labels.clockOver, asOf(this.payout.pays_by, this.now, this.zone));
    }

    get isLate() {
        return this.left <= 0;
    }

    get clockState() {
        return this.isLate ? 'near' : 'pending';
    }

    get usedHours() {
        return Math.min(48, Math.max(0, (PROMISE_MS - this.left) / 3600000));
    }

    day(instant) {
        return dayOf(instant, this.zone, this.now);
    }
}
