import { LightningElement, api } from 'lwc';

/** Two amounts of one goal: solid is confirmed, hatched is pending, grey is open. `label` says it in words. */
export default class SpiffBar extends LightningElement {
    @api confirmed = 0;
    @api pending = 0;
    @api goal = 0;
    @api label = '';
    /** Somebody else's: grey. */
    @api quiet = false;

    get barClass() {
        return this.quiet ? 'bar bar_quiet' : 'bar';
    }

    get most() {
        return Math.max(this.goal, this.confirmed, 1);
    }

    get confirmedPercent() {
        return percent(this.confirmed, this.most);
    }

    get pendingPercent() {
        return Math.min(percent(this.pending, this.most), 100 - this.confirmedPercent);
    }

    get confirmedStyle() {
        return `width: ${this.confirmedPercent}%`;
    }

    get pendingStyle() {
        return `width: ${this.pendingPercent}%`;
    }
}

function percent(part, whole) {
    return Math.round((Math.max(0, part) / whole) * 1000) / 10;
}
