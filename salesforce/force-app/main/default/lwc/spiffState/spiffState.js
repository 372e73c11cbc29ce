import { LightningElement, api } from 'lwc';
import { fill } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const CLOCK = 'utility:clock';
const LOOKS = {
    confirmed: [labels.stateConfirmed, 'utility:success', 'success'],
    delivered: [labels.stateDelivered, 'utility:success', 'success'],
    counts: [labels.stateCounts, 'utility:success', 'success'],
    upheld: [labels.stateUpheld, 'utility:success', 'success'],
    pending: [labels.statePending, CLOCK, ''],
    waiting: [labels.stateWaiting, CLOCK, ''],
    'partly confirmed': [labels.statePartly, CLOCK, ''],
    submitted: [labels.stateSubmitted, 'utility:upload', ''],
    review: [labels.stateReview, 'utility:people', ''],
    open: [labels.stateReview, 'utility:people', ''],
    off: [labels.stateOff, 'utility:ban', ''],
    expired: [labels.stateExpired, 'utility:event', ''],
    rejected: [labels.stateRejected, 'utility:ban', ''],
    lost: [labels.stateLost, 'utility:ban', ''],
    deleted: [labels.stateDeleted, 'utility:ban', ''],
    denied: [labels.stateDenied, 'utility:ban', ''],
    withdrawn: [labels.stateWithdrawn, 'utility:ban', ''],
    closed: [labels.stateClosed, 'utility:ban', ''],
    needs_info: [labels.stateNeedsYou, 'utility:warning', 'warning'],
    needs_you: [labels.stateNeedsYou, 'utility:warning', 'warning'],
    near: [labels.stateNear, CLOCK, 'warning'],
    failed: [labels.stateFailed, 'utility:error', 'error']
};
const QUIET = new Set(['off', 'expired', 'rejected', 'lost', 'deleted', 'denied', 'withdrawn', 'closed']);

/** A state as icon and word, never colour alone. `state` is the API's own text or one of LOOKS. */
export default class SpiffState extends LightningElement {
    @api state = 'pending';
    /** Another word for the same look, "Ordered by Fri, Nov 20". */
    @api word;

    get look() {
        return LOOKS[this.state.split(' (')[0]] ?? [this.state, CLOCK, ''];
    }

    get text() {
        if (this.word) {
            return this.word;
        }
        const [, have, of] = /\((\d+) of (\d+)\)/.exec(this.state) ?? [];
        return have ? fill(labels.confirmedOf, have, of) : this.look[0];
    }

    get iconName() {
        return this.look[1];
    }

    get variant() {
        return this.look[2];
    }

    get wordClass() {
        return QUIET.has(this.state) ? 'word sp-weak' : 'word';
    }
}
