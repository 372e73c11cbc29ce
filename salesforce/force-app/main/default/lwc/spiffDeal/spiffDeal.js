import { LightningElement, api } from 'lwc';
import { NavigationMixin } from 'lightning/navigation';
import { amounts, bestChange, byFunder, headline, inReach, othersText, proofsOf, shownState } from 'c/spiffDealGroups';
import { day, dealType, fill, formatted, funder, money, sentence } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const UNANSWERED = new Set(['open', 'needs_info']);

/** One registration as a row: what it is, where it stands and why, what it pays, and its proof when opened. */
export default class SpiffDeal extends NavigationMixin(LightningElement) {
    labels = labels;
    /** A DealView of the API. */
    @api deal;
    /** change, waiting, confirmed or closed. */
    @api group = 'waiting';
    /** The rep's dispute about it, if there is one. */
    @api dispute;
    isOpen = false;
    isDisputing = false;
    href = '';

    async connectedCallback() {
        this.href = (await this[NavigationMixin.GenerateUrl](this.page)) ?? '';
    }

    get page() {
        return {
            type: 'standard__recordPage',
            attributes: {
                recordId: this.deal.registration,
                objectApiName: 'Deal_Registration__c',
                actionName: 'view'
            }
        };
    }

    get about() {
        const { number, sku, quantity, deal_type: type } = this.deal;
        return [number, sku, fill(labels.seats, formatted(quantity)), dealType(type)].filter(Boolean).join(' · ');
    }

    get state() {
        return shownState(this.deal);
    }

    get best() {
        return this.group === 'change' ? bestChange(this.deal) : null;
    }

    /** Distance first: "2 more seats." */
    get distance() {
        return this.best ? `${sentence(this.best.changes.map((one) => one.text).join(', '))}.` : '';
    }

    get why() {
        if (this.best) {
            return fill(
                labels.asksFor,
                this.best.program.name,
                this.best.failed.map((one) => one.threshold).join(', ')
            );
        }
        if (this.group === 'confirmed') {
            const dates = this.deal.lines.map((one) => one.dated).sort();
            return dates.length ? fill(labels.invoiced, day(dates[dates.length - 1])) : labels.confirmedPlain;
        }
        if (this.group === 'closed' && this.deal.status === 'approved') {
            return labels.nothingToChange;
        }
        return sentence(this.deal.waits_for);
    }

    get headline() {
        return headline(this.deal);
    }

    get pay() {
        const { confirmed, provisional } = amounts(this.deal);
        if (this.deal.status === 'submitted') {
            return { main: '–', more: labels.afterApproval };
        }
        const reach = inReach(this.deal);
        if (reach) {
            return { main: money(confirmed), more: `+${fill(labels.amountInReach, money(reach))}` };
        }
        const kind = provisional.minor ? 'provisional' : 'confirmed';
        const parts = byFunder(this.deal, kind);
        const split =
            parts.length > 1
                ? parts.map(([layer, amount]) => `${money(amount)} ${funder(layer)}`).join(', ')
                : parts.map(([layer]) => funder(layer)).join('');
        const also = kind === 'provisional' && confirmed.minor ? fill(labels.andConfirmed, money(confirmed)) : '';
        return {
            main: money(provisional.minor ? provisional : confirmed),
            more: [split, also].filter(Boolean).join(', ')
        };
    }

    get trouble() {
        return this.deal.trouble.map((text) => ({ text, key: text }));
    }

    get proofs() {
        return proofsOf(this.deal);
    }

    get others() {
        return othersText(this.deal);
    }

    get toggleIcon() {
        return this.isOpen ? 'utility:chevrondown' : 'utility:chevronright';
    }

    get toggleLabel() {
        return fill(this.isOpen ? labels.hideWhy : labels.showWhy, this.deal.account_name);
    }

    get disputeLabel() {
        return fill(labels.disputeDeal, this.deal.account_name);
    }

    get isDisputed() {
        return Boolean(this.dispute) && UNANSWERED.has(this.dispute.state);
    }

    get disputedText() {
        const due = this.dispute.due_on;
        return due ? fill(labels.disputedUntil, day(due)) : labels.disputedPlain;
    }

    get expanded() {
        return String(this.isOpen);
    }

    handleToggle() {
        this.isOpen = !this.isOpen;
    }

    handleDispute() {
        this.isDisputing = !this.isDisputing;
    }

    handleClosed() {
        this.isDisputing = false;
        this.template.querySelector('[data-testid="dispute"]')?.focus();
    }

    handleFiled() {
        this.dispatchEvent(new CustomEvent('filed'));
    }

    handleName(event) {
        event.preventDefault();
        this[NavigationMixin.Navigate](this.page);
    }
}
