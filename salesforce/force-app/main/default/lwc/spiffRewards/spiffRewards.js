import { LightningElement, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import payouts from '@salesforce/apex/SpiffRepController.payouts';
import standings from '@salesforce/apex/SpiffRepController.standings';
import { WAITING, next } from 'c/spiffAnswer';
import { count, day, dayOf, fill, funder, money, sentence, total, words } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { Polling } from 'c/spiffPolling';

// Nothing more will come of these: netted against a return, or called off.
const ENDED = new Set(['netted', 'canceled']);

/** Payouts with every step to the money, what was delivered, and what is paid once its program ends. */
export default class SpiffRewards extends LightningElement {
    labels = labels;
    answer = WAITING;
    standings = WAITING;

    connectedCallback() {
        this.polling = new Polling(() => Promise.all([refreshApex(this.wired), refreshApex(this.wiredStandings)]));
        this.polling.start();
    }

    disconnectedCallback() {
        this.polling.stop();
    }

    @wire(payouts)
    take(result) {
        this.wired = result;
        this.answer = next(this.answer, result, new Date(), ['payouts']);
        if (result.data || result.error) {
            this.polling?.told(this.answer.error);
        }
    }

    @wire(standings)
    takeStandings(result) {
        this.wiredStandings = result;
        this.standings = next(this.standings, result, new Date(), ['programs']);
    }

    get payouts() {
        return this.answer.data?.payouts ?? [];
    }

    get programs() {
        return this.standings.data?.programs ?? [];
    }

    get onTheirWay() {
        return this.payouts
            .filter((one) => one.state !== 'confirmed' && !ENDED.has(one.state))
            .map((one) => this.named(one));
    }

    get delivered() {
        return this.payouts
            .filter((one) => one.state === 'confirmed')
            .map((one) => ({
                ...this.named(one),
                when: dayOf(one.confirmed_at, this.zone(one)),
                money: money(one.amount)
            }));
    }

    get ended() {
        return this.payouts
            .filter((one) => ENDED.has(one.state))
            .map((one) => ({ ...this.named(one), money: money(one.amount), why: one.in_words }));
    }

    /** Confirmed and not in a payout yet: the program has not ended. */
    get earned() {
        const paid = new Set(this.payouts.map((one) => one.program));
        return this.programs
            .filter((one) => one.combined.payable.minor > 0 && !paid.has(one.program))
            .map((one) => ({
                key: one.program,
                name: one.name,
                funders: one.layers.map((layer) => funder(layer.layer)).join(', '),
                ends: fill(one.window.state === 'over' ? labels.endedOn : labels.endsOn, day(one.window.end)),
                amount: one.combined.payable,
                money: money(one.combined.payable),
                by: fill(labels.paidBy, dayOf(one.pays_by, one.window.zone))
            }));
    }

    get hasEarned() {
        return this.earned.length > 0;
    }

    get hasDelivered() {
        return this.delivered.length > 0;
    }

    get hasEnded() {
        return this.ended.length > 0;
    }

    get isEmpty() {
        return this.payouts.length === 0 && !this.hasEarned;
    }

    get hasAny() {
        return !this.isEmpty;
    }

    get wayMoney() {
        return money(total(this.onTheirWay.map((one) => one.payout.amount)));
    }

    get wayWord() {
        const dates = this.onTheirWay.map((one) => one.payout.pays_by).sort();
        const ahead = dates.find((one) => new Date(one) > new Date());
        if (ahead) {
            return sentence(fill(labels.paidBy, dayOf(ahead)));
        }
        return dates.length ? labels.laterThanPromised : labels.nothingOnItsWay;
    }

    get wayState() {
        return this.onTheirWay.length ? 'pending' : 'off';
    }

    get earnedMoney() {
        return money(total(this.earned.map((one) => one.amount)));
    }

    get earnedWord() {
        return count(this.earned.length, labels.inProgramOne, labels.inPrograms);
    }

    get deliveredMoney() {
        return money(total(this.delivered.map((one) => one.payout.amount)));
    }

    get deliveredWord() {
        return count(this.delivered.length, labels.rewardOne, labels.rewards);
    }

    handleRefresh() {
        return this.polling.now();
    }

    named(payout) {
        const found = this.programs.find((one) => one.program === payout.program);
        return {
            key: payout.key,
            payout,
            name: found?.name ?? words(payout.program.replaceAll('-', ' ')),
            zone: found?.window.zone
        };
    }

    zone(payout) {
        return this.named(payout).zone;
    }
}
