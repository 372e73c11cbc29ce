import { LightningElement, api, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import { NavigationMixin } from 'lightning/navigation';
import standings from '@salesforce/apex/SpiffRepController.standings';
import { WAITING, next } from 'c/spiffAnswer';
import { asOf, count, day, daysLeft, fill, funder, money } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { Polling } from 'c/spiffPolling';

const SHOWN = 3;

/** For somebody new: enrolled without a form, what counts from when, and where she starts. Gone with her first deal. */
export default class SpiffWelcome extends NavigationMixin(LightningElement) {
    labels = labels;
    /** Design property: where "Check your first quote" leads, a tab's name. */
    @api quoteTab = 'Spiff_Quote';
    /** Design property: on a page without the dashboard it also says that it loads, or why it cannot. */
    @api alone = false;
    answer = WAITING;
    showsAll = false;

    connectedCallback() {
        this.polling = new Polling(() => refreshApex(this.wired));
        this.polling.start();
    }

    disconnectedCallback() {
        this.polling.stop();
    }

    @wire(standings)
    take(result) {
        this.wired = result;
        this.answer = next(this.answer, result, new Date(), ['programs', 'totals']);
        if (result.data || result.error) {
            this.polling?.told(this.answer.error);
        }
    }

    get programs() {
        return (this.answer.data?.programs ?? []).filter((one) => one.window.state !== 'over');
    }

    get isNew() {
        const all = this.answer.data?.programs ?? [];
        return all.length > 0 && all.every((one) => one.deals.qualifying === 0);
    }

    /** Beside the dashboard nothing flashes up that goes again, and a failure is said once. */
    get isShown() {
        return this.answer.data ? this.isNew || (this.alone && this.isEmpty) : this.alone;
    }

    get isEmpty() {
        return this.answer.data?.programs.length === 0;
    }

    get enrolled() {
        const days = this.answer.data.programs.map((one) => one.enrolled_from).sort();
        const number = this.programs.length;
        return fill(labels.enrolledSince, day(days[0]), count(number, labels.programOne, labels.programs));
    }

    get rows() {
        const shown = this.showsAll ? this.programs : this.programs.slice(0, SHOWN);
        return shown.map((one) => ({
            key: one.program,
            name: one.name,
            funders: one.layers.map((layer) => funder(layer.layer)).join(', '),
            card: one.card,
            left:
                one.window.state === 'upcoming'
                    ? fill(labels.startsOn, day(one.window.start))
                    : daysLeft(one.window.days_left)
        }));
    }

    get hasMore() {
        return !this.showsAll && this.programs.length > SHOWN;
    }

    get allLabel() {
        return fill(labels.seeAllPrograms, this.programs.length);
    }

    get balance() {
        const sum = this.answer.data.totals[0]?.payable;
        return sum ? money(sum) : '';
    }

    get balanceAt() {
        return fill(labels.asOf, asOf(this.answer.data.as_of));
    }

    handleAll() {
        this.showsAll = true;
    }

    handleQuote() {
        this[NavigationMixin.Navigate]({
            type: 'standard__navItemPage',
            attributes: { apiName: this.quoteTab }
        });
    }

    handleRefresh() {
        return this.polling.now();
    }
}
