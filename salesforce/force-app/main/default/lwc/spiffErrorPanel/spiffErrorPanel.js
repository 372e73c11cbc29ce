import { LightningElement, api } from 'lwc';
import { isBusy, isRefused } from 'c/spiffErrors';
import { asOf, fill } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

/**
 * What happened, what is safe, one button. With `readAt` old numbers still stand beside it and only their age is said;
 * a refusal says which permission set to ask for.
 */
export default class SpiffErrorPanel extends LightningElement {
    labels = labels;
    /** As c/spiffErrors makes it. */
    @api error;
    /** When the numbers shown beside were read; undefined when there are none. */
    @api readAt;
    /** "your deals", as in "We could not load your deals." */
    @api what = labels.whatNumbers;
    /** The permission set to ask for. */
    @api permissionSet = labels.permissionSetRep;

    get isRefused() {
        return isRefused(this.error);
    }

    get isStale() {
        return !this.isRefused && Boolean(this.readAt);
    }

    get staleText() {
        return fill(labels.staleNumbers, asOf(this.readAt));
    }

    get staleMore() {
        return isBusy(this.error) ? labels.busyWait : labels.keepTrying;
    }

    get refusedTitle() {
        return this.error.status === 401 ? labels.refusedUnknown : labels.refusedTitle;
    }

    get refusedText() {
        return fill(labels.refusedText, this.permissionSet);
    }

    get failedText() {
        return fill(labels.couldNotLoad, this.what);
    }

    get failedMore() {
        return isBusy(this.error) ? labels.busyWait : labels.nothingLost;
    }

    handleRetry() {
        this.dispatchEvent(new CustomEvent('retry'));
    }
}
