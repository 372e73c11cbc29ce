import { LightningElement, api, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import deal from '@salesforce/apex/SpiffRepController.deal';
import { WAITING, next } from 'c/spiffAnswer';
import { amounts, headline, othersText, proofsOf, shownState } from 'c/spiffDealGroups';
import { day, dayOf, fill, money, sentence, words } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { Polling } from 'c/spiffPolling';

/** On a registration: what it is worth, the proof under every program, and what has happened so far. */
export default class SpiffRecord extends LightningElement {
    labels = labels;
    @api recordId;
    answer = WAITING;
    isDisputing = false;

    connectedCallback() {
        this.polling = new Polling(() => refreshApex(this.wired));
        this.polling.start();
    }

    disconnectedCallback() {
        this.polling.stop();
    }

    @wire(deal, { registrationId: '$recordId' })
    take(result) {
        this.wired = result;
        this.answer = next(this.answer, result, new Date(), ['programs', 'lines']);
        if (result.data || result.error) {
            this.polling?.told(this.answer.error);
        }
    }

    /** A registration that no program of hers looks at is no failure. */
    get shown() {
        return this.isUnknown ? { data: { programs: [] }, readAt: new Date() } : this.answer;
    }

    get isUnknown() {
        return this.answer.error?.status === 404 && !this.answer.data;
    }

    get deal() {
        return this.answer.data;
    }

    get confirmed() {
        return money(amounts(this.deal).confirmed);
    }

    get pending() {
        return money(amounts(this.deal).provisional);
    }

    get state() {
        return shownState(this.deal);
    }

    get headline() {
        return headline(this.deal);
    }

    get waits() {
        return sentence(this.deal.waits_for);
    }

    get proofs() {
        return proofsOf(this.deal);
    }

    get others() {
        return othersText(this.deal);
    }

    get hasNoProgram() {
        return this.proofs.length === 0;
    }

    /** Everything that happened, oldest first. */
    get history() {
        const { received_at: received, approved_at: approved, valid_until: until, lines } = this.deal;
        const found = [
            { at: received, day: dayOf(received), text: labels.historyReceived },
            ...(approved ? [{ at: approved, day: dayOf(approved), text: labels.historyApproved }] : []),
            ...lines.map((line) => ({ at: `${line.dated}T23:59`, day: day(line.dated), ...lineText(line) })),
            ...(this.deal.adjustments ?? []).map((one) => ({
                at: one.posted_at,
                day: dayOf(one.posted_at),
                text: fill(labels.historyAdjusted, money(one.worth)),
                more: sentence(words(one.reason))
            }))
        ].sort((a, b) => a.at.localeCompare(b.at));
        if (until) {
            found.push({ at: until, day: day(until), text: labels.historyValidUntil });
        }
        return found.map((one, key) => ({ ...one, key }));
    }

    handleRefresh() {
        return this.polling.now();
    }

    handleDispute() {
        this.isDisputing = true;
    }

    handleClosed() {
        this.isDisputing = false;
    }
}

function lineText({ distributor, document_type: kind, document_no: number, quantity, amount, held }) {
    return {
        text: fill(labels.historyLine, sentence(distributor), words(kind).toLowerCase(), number),
        more: [fill(labels.historyQuantity, quantity, money(amount)), sentence(held)].filter(Boolean).join('. ')
    };
}
