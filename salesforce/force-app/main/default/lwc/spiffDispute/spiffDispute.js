import { LightningElement, api, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import answerDispute from '@salesforce/apex/SpiffRepController.answerDispute';
import deal from '@salesforce/apex/SpiffRepController.deal';
import disputes from '@salesforce/apex/SpiffRepController.disputes';
import fileDispute from '@salesforce/apex/SpiffRepController.fileDispute';
import withdrawDispute from '@salesforce/apex/SpiffRepController.withdrawDispute';
import { WAITING, next } from 'c/spiffAnswer';
import { isRefused, reduceError } from 'c/spiffErrors';
import { fillIn, isComplete } from 'c/spiffForm';
import { asOf, count, day, fill, money } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

const REASONS = [
    ['not_counted', labels.reasonNotCounted],
    ['wrong_amount', labels.reasonWrongAmount],
    ['wrong_product', labels.reasonWrongProduct],
    ['wrong_rep', labels.reasonWrongRep],
    ['order_missing', labels.reasonOrderMissing],
    ['other', labels.reasonOther]
].map(([value, label]) => ({ value, label }));
const DECIDED = {
    rule_applied_right: labels.decidedRule,
    evidence_missing: labels.decidedEvidence,
    data_corrected: labels.decidedCorrected,
    rule_exception: labels.decidedException,
    duplicate: labels.decidedDuplicate,
    other: labels.reasonOther
};
const ADJUSTED = {
    proposed: labels.adjustmentProposed,
    posted: labels.adjusted,
    refused: labels.adjustmentRefused
};
const OVER = new Set(['denied', 'withdrawn', 'closed']);
const HERS_TO_END = new Set(['open', 'needs_info']);

/** Ask about one deal: the proof goes with it, and the words stay here until they have arrived. */
export default class SpiffDispute extends LightningElement {
    labels = labels;
    reasons = REASONS;
    /** On a registration's page. */
    @api recordId;
    /** Where the heading stands among the others of the page. */
    @api headingLevel = '2';
    own = WAITING;
    answer = WAITING;
    program;
    reason;
    text = '';
    reply = '';
    error;
    isSending = false;
    /** She asks again about a deal whose dispute is over. */
    isAgain = false;
    /** What the API answered to filing, until the list is read again. */
    filed;

    /** A DealView, where the deal is at hand already. */
    @api
    get deal() {
        return this._deal ?? this.own.data;
    }
    set deal(value) {
        this._deal = value;
    }
    _deal;

    get registrationId() {
        return this._deal ? undefined : this.recordId;
    }

    @wire(deal, { registrationId: '$registrationId' })
    takeDeal(result) {
        this.own = next(this.own, result, new Date(), ['programs']);
    }

    @wire(disputes)
    takeDisputes(result) {
        this.wired = result;
        this.answer = next(this.answer, result, new Date(), ['disputes']);
    }

    get busy() {
        return String(this.isSending);
    }

    get isInRow() {
        return Boolean(this._deal);
    }

    get isLoading() {
        return !this.current && ((!this.deal && !this.own.error) || (!this.answer.data && !this.answer.error));
    }

    get failed() {
        const failed = this.deal ? undefined : this.own.error;
        return failed ?? (isRefused(this.answer.error) ? this.answer.error : undefined);
    }

    get canWrite() {
        return !this.isLoading && !this.failed;
    }

    /** The dispute about this deal that is not over, or the last one. */
    get current() {
        const mine = (this.answer.data?.disputes ?? []).filter((one) => one.registration === this.deal?.registration);
        return mine.find((one) => HERS_TO_END.has(one.state)) ?? this.filed ?? mine[0];
    }

    get heading() {
        return fill(labels.disputeDeal, this.deal.account_name);
    }

    get programs() {
        return this.deal.programs.map((one) => ({ value: one.program, label: one.name }));
    }

    get chosen() {
        return this.program ?? this.programs[0]?.value;
    }

    /** What goes with it, so that nobody asks for it again. */
    get evidence() {
        const award = this.deal.programs.find((one) => one.program === this.chosen);
        const lines = this.deal.lines.length;
        const conditions = (award?.layers ?? []).flatMap((one) => one.verdicts).length;
        return [
            conditions
                ? count(conditions, labels.evidenceConditionOne, labels.evidenceConditions)
                : labels.evidenceProof,
            ...(lines ? [count(lines, labels.evidenceLineOne, labels.evidenceLines)] : []),
            fill(labels.evidenceRecord, this.deal.number)
        ].map((text) => ({ text, key: text }));
    }

    // --- one that is filed ---

    get asked() {
        const { program_name: name, reason, filed_at: at } = this.current;
        const label = REASONS.find((one) => one.value === reason)?.label ?? reason;
        return fill(labels.disputeFiled, name, label, asOf(at));
    }

    get due() {
        return this.current.due_on ? fill(labels.answerBy, day(this.current.due_on)) : '';
    }

    get messages() {
        return this.current.messages.map(({ at, by, text }) => ({
            key: at,
            who: by === 'rep' ? labels.you : labels.reviewer,
            at: asOf(at),
            text
        }));
    }

    get decision() {
        const { decision } = this.current;
        return decision ? { ...decision, because: DECIDED[decision.reason] ?? decision.reason } : undefined;
    }

    get adjustment() {
        const { adjustment } = this.current;
        // What a second person has yet to confirm is never called added.
        return adjustment ? fill(ADJUSTED[adjustment.state], money(adjustment.worth)) : '';
    }

    /** What is over may be asked again. */
    get isOver() {
        return OVER.has(this.current.state);
    }

    get showsFiled() {
        return Boolean(this.current) && !this.isAgain;
    }

    get isMine() {
        return HERS_TO_END.has(this.current.state);
    }

    get isAsked() {
        return this.current.state === 'needs_info';
    }

    get cannotReply() {
        return this.isSending || !this.reply.trim();
    }

    // --- what she does ---

    handleField(event) {
        fillIn(this, event);
    }

    handleReply(event) {
        this.reply = event.detail.value;
    }

    handleAgain() {
        this.isAgain = true;
    }

    handleCancel() {
        this.dispatchEvent(new CustomEvent('closed'));
    }

    async handleFile() {
        if (!isComplete(this.template)) {
            return;
        }
        const dispute = {
            registration: this.deal.registration,
            program: this.chosen,
            layer: null,
            reason: this.reason,
            text: this.text.trim()
        };
        await this.send(async () => {
            this.filed = await fileDispute({ dispute });
            this.isAgain = false;
            const due = this.filed.due_on;
            this.toast(due ? fill(labels.disputeSent, day(due)) : labels.disputeSentPlain);
            this.dispatchEvent(new CustomEvent('filed'));
        });
    }

    async handleAnswer() {
        await this.send(async () => {
            await answerDispute({ disputeId: this.current.id, text: this.reply.trim() });
            this.reply = '';
            this.toast(labels.answerSent);
        });
    }

    async handleWithdraw() {
        await this.send(async () => {
            await withdrawDispute({ disputeId: this.current.id });
            this.filed = undefined;
            this.toast(labels.disputeWithdrawn);
        });
    }

    /** Send, keep every word when it fails, and read the list again when it arrived. */
    async send(act) {
        this.isSending = true;
        this.error = undefined;
        try {
            await act();
            await refreshApex(this.wired);
        } catch (error) {
            this.error = reduceError(error);
        } finally {
            this.isSending = false;
        }
    }

    toast(title) {
        this.dispatchEvent(new ShowToastEvent({ title, variant: 'success' }));
    }
}
