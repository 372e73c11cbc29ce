import { LightningElement, api, wire } from 'lwc';
import CURRENCY from '@salesforce/i18n/currency';
import { getFieldValue, getRecord } from 'lightning/uiRecordApi';
import quote from '@salesforce/apex/SpiffRepController.quote';
import { MALFORMED, isRefused, reduceError } from 'c/spiffErrors';
import { fillIn, isComplete } from 'c/spiffForm';
import { dealType, fill, money, time } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const AS = { net_new: labels.asNetNew, renewal: labels.asRenewal, expansion: labels.asExpansion };
const TYPES = ['net_new', 'renewal', 'expansion'];

/** Will this qualify, and what would it pay? Asked before there is a deal; the API answers by the rules that score it. */
export default class SpiffQuote extends LightningElement {
    labels = labels;
    /** On an opportunity or a quote: the account is read from it. */
    @api recordId;
    @api objectApiName;
    sku = '';
    vendor = '';
    quantity;
    amount;
    type = 'net_new';
    data;
    error;
    isAsking = false;
    account;

    get fields() {
        return this.recordId && this.objectApiName ? [`${this.objectApiName}.AccountId`] : undefined;
    }

    @wire(getRecord, { recordId: '$recordId', optionalFields: '$fields' })
    takeRecord({ data }) {
        if (data) {
            this.account = getFieldValue(data, this.fields[0]) ?? undefined;
        }
    }

    get types() {
        return TYPES.map((value) => ({ value, label: dealType(value) }));
    }

    get amountLabel() {
        return fill(labels.quoteAmount, CURRENCY);
    }

    get askLabel() {
        return this.data ? labels.quoteAgain : labels.quoteAsk;
    }

    get busy() {
        return String(this.isAsking);
    }

    get isUnasked() {
        return !this.data && !this.error;
    }

    get status() {
        return this.data ? fill(labels.asOf, time(this.data.as_of)) : labels.quoteNothingSaved;
    }

    get isRefused() {
        return isRefused(this.error);
    }

    /** Types that any program says something about; the one she asked for first. */
    get totals() {
        const found = [...this.data.totals];
        return found.sort((a, b) => Number(b.asked) - Number(a.asked));
    }

    get best() {
        return this.totals.find((one) => one.asked) ?? this.totals[0];
    }

    get pays() {
        return Boolean(this.best) && this.best.pays.minor > 0;
    }

    get verdict() {
        if (!this.best || this.data.totals.every((one) => one.pays.minor === 0)) {
            return labels.quoteNo;
        }
        const type = AS[this.best.deal_type];
        return this.pays ? fill(labels.quoteYes, money(this.best.pays), type) : fill(labels.quoteNotThis, type);
    }

    get verdictMore() {
        return this.pays ? labels.quoteWhenYours : labels.quoteNoMore;
    }

    get verdictIcon() {
        return this.pays ? 'utility:success' : 'utility:ban';
    }

    get verdictVariant() {
        return this.pays ? 'success' : '';
    }

    /** A card a deal type; a currency has its own. */
    get offers() {
        return this.totals.map((sum) => ({
            key: `${sum.deal_type} ${sum.pays.currency}`,
            total: sum,
            programs: this.data.programs
                .map((program) => ({
                    program,
                    offer: program.offers.find((one) => one.deal_type === sum.deal_type)
                }))
                .filter(({ offer }) => offer?.pays.currency === sum.pays.currency)
        }));
    }

    get askedText() {
        return fill(labels.quoteAbout, this.data.quantity, this.data.sku);
    }

    handleField(event) {
        fillIn(this, event);
    }

    handleKey(event) {
        if (event.key === 'Enter') {
            this.handleAsk();
        }
    }

    async handleAsk() {
        if (!isComplete(this.template)) {
            return;
        }
        this.isAsking = true;
        try {
            const answer = await quote({ sale: this.sale() });
            const isWhole = Array.isArray(answer?.programs) && Array.isArray(answer?.totals);
            this.error = isWhole ? undefined : MALFORMED;
            this.data = isWhole ? answer : this.data;
        } catch (error) {
            // The answer that stands is still true for what it names; only a refusal takes it away.
            this.error = reduceError(error);
            this.data = this.isRefused ? undefined : this.data;
        } finally {
            this.isAsking = false;
        }
    }

    sale() {
        const sale = { sku: this.sku.trim(), quantity: Number(this.quantity), deal_type: this.type };
        if (this.vendor.trim()) {
            sale.vendor = this.vendor.trim();
        }
        if (this.amount) {
            sale.amount = { amount: String(this.amount), currency: CURRENCY };
        }
        if (this.account) {
            sale.account = this.account;
        }
        return sale;
    }
}
