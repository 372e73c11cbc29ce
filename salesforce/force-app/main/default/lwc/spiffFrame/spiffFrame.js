import { LightningElement, api } from 'lwc';
import FORM_FACTOR from '@salesforce/client/formFactor';
import { fill, time } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

/**
 * The outside of every component: a title with the age of its numbers and a refresh button, then the stencil, the
 * error, or the numbers, with a note above them when they are old.
 */
export default class SpiffFrame extends LightningElement {
    labels = labels;
    /** Named heading, as the base components do: `title` would be the host's tooltip. */
    @api heading;
    @api iconName;
    /** As c/spiffAnswer makes it. */
    @api answer;
    /** "your deals" */
    @api what;
    /** Said beside the age on a large screen: "5 vendor programs, 1 internal". */
    @api more = '';
    /** Words instead of the age, for an answer that carries none. */
    @api status = '';
    @api permissionSet = labels.permissionSetRep;
    @api hideRefresh = false;
    isAsking = false;

    get isLoading() {
        return !this.answer.data && !this.answer.error;
    }

    get busy() {
        return String(this.isLoading || this.isAsking);
    }

    get hasData() {
        return Boolean(this.answer.data);
    }

    get statusText() {
        if (this.status || !this.hasData) {
            return this.status;
        }
        const at = this.answer.data.as_of ?? this.answer.data.built_at ?? this.answer.readAt;
        return fill(labels.asOf, time(at));
    }

    get isLarge() {
        return FORM_FACTOR !== 'Small';
    }

    get moreText() {
        return this.isLarge && this.hasData && this.more ? ` · ${this.more}` : '';
    }

    get frameClass() {
        return this.isLarge ? 'sp-stack' : 'sp-stack frame_small';
    }

    get mayRefresh() {
        return !this.hideRefresh && this.hasData;
    }

    handleRefresh() {
        this.dispatchEvent(new CustomEvent('refresh'));
    }
}
