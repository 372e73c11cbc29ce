import { LightningElement, api, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import standings from '@salesforce/apex/SpiffRepController.standings';
import { WAITING, next } from 'c/spiffAnswer';
import { asOf, count, fill, money } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { listen } from 'c/spiffLive';
import { Polling } from 'c/spiffPolling';

/** Every active program at once, from one answer: what is earned, what is not yet, what to do next, and by when. */
export default class SpiffDashboard extends LightningElement {
    labels = labels;
    answer = WAITING;
    /** Design property: hear of changes at once by a platform event, beside asking every minute. */
    @api liveEvents = false;

    connectedCallback() {
        this.polling = new Polling(() => refreshApex(this.wired));
        this.polling.start();
        if (this.liveEvents) {
            this.listening = listen(() => this.polling.now());
        }
    }

    disconnectedCallback() {
        this.polling.stop();
        this.listening?.then((end) => end());
    }

    @wire(standings)
    take(result) {
        this.wired = result;
        const before = this.answer.data;
        this.answer = next(this.answer, result, new Date(), ['programs', 'totals']);
        if (result.data || result.error) {
            this.polling?.told(this.answer.error);
        }
        if (before && this.answer.data !== before) {
            this.tell(before.totals[0], this.answer.data?.totals[0]);
        }
    }

    get programs() {
        return this.answer.data?.programs ?? [];
    }

    get isEmpty() {
        return this.programs.length === 0;
    }

    get hasPrograms() {
        return this.programs.length > 0;
    }

    get whoPays() {
        const vendors = this.programs.filter((one) => one.layers.some(isVendor)).length;
        const internal = this.programs.length - vendors;
        return [
            [vendors, labels.vendorProgramOne, labels.vendorPrograms],
            [internal, labels.internalProgramOne, labels.internalPrograms]
        ]
            .filter(([number]) => number)
            .map((words) => count(...words))
            .join(', ');
    }

    /** Registrations reach every program from one place: when that was last read long ago, it is said once. */
    get staleText() {
        const source = this.answer.data.sources.find((one) => one.stale && one.kind === 'salesforce');
        return source?.as_of ? fill(labels.salesforceStale, asOf(source.as_of)) : '';
    }

    handleRefresh() {
        return this.polling.now();
    }

    /** One toast when a number rose while the page was open. What is pending is never called earned. */
    tell(before, after) {
        if (!before || !after || before.confirmed.currency !== after.confirmed.currency) {
            return;
        }
        const confirmed = after.payable.minor - before.payable.minor;
        const pending = after.provisional.minor - before.provisional.minor;
        const [minor, title, variant] =
            confirmed > 0 ? [confirmed, labels.toastConfirmed, 'success'] : [pending, labels.toastPending, 'info'];
        if (minor > 0) {
            const amount = money({ ...after.confirmed, minor });
            this.dispatchEvent(new ShowToastEvent({ title: fill(title, amount), variant }));
        }
    }
}

function isVendor({ layer }) {
    return layer.startsWith('vendor:');
}
