import { LightningElement, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import deals from '@salesforce/apex/SpiffRepController.deals';
import disputes from '@salesforce/apex/SpiffRepController.disputes';
import { WAITING, next } from 'c/spiffAnswer';
import { GROUPS, amounts, groupOf, inReach } from 'c/spiffDealGroups';
import { reduceError } from 'c/spiffErrors';
import { count, fill, money, total } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { Polling } from 'c/spiffPolling';

const TITLES = {
    change: labels.groupChange,
    waiting: labels.groupWaiting,
    confirmed: labels.groupConfirmed,
    closed: labels.groupClosed
};

/** Every registration of the rep, grouped by what she can do about it. Nothing ever leaves the list. */
export default class SpiffDeals extends LightningElement {
    labels = labels;
    answer = WAITING;
    disputes = WAITING;
    /** Pages after the first, which alone is asked again every minute. */
    older = [];
    cursor;
    moreError;
    isAsking = false;

    connectedCallback() {
        this.polling = new Polling(() => refreshApex(this.wired));
        this.polling.start();
    }

    disconnectedCallback() {
        this.polling.stop();
    }

    @wire(deals, { cursor: '' })
    take(result) {
        this.wired = result;
        this.answer = next(this.answer, result, new Date(), ['deals']);
        if (result.data || result.error) {
            this.polling?.told(this.answer.error);
        }
    }

    @wire(disputes)
    takeDisputes(result) {
        this.wiredDisputes = result;
        this.disputes = next(this.disputes, result, new Date(), ['disputes']);
    }

    get all() {
        const first = this.answer.data?.deals ?? [];
        const known = new Set(first.map((one) => one.registration));
        return [...first, ...this.older.filter((one) => !known.has(one.registration))];
    }

    get isEmpty() {
        return this.all.length === 0;
    }

    get more() {
        const words = count(this.all.length, labels.registrationOne, labels.registrations);
        return `${words}, ${this.nextCursor ? labels.thereAreMore : labels.noneHidden}`;
    }

    get groups() {
        const open = new Map((this.disputes.data?.disputes ?? []).map((one) => [one.registration, one]));
        const groups = new Map(GROUPS.map((key) => [key, []]));
        this.all.forEach((deal) => groups.get(groupOf(deal)).push(deal));
        return [...groups]
            .filter(([, found]) => found.length)
            .map(([key, found]) => ({
                key,
                title: TITLES[key],
                size: found.length,
                sum: sumText(found),
                rows: found.map((deal) => ({
                    key: deal.registration,
                    deal,
                    group: key,
                    dispute: open.get(deal.registration)
                }))
            }));
    }

    get nextCursor() {
        return this.cursor ?? this.answer.data?.next ?? '';
    }

    get hasMore() {
        return Boolean(this.nextCursor);
    }

    get moreErrorText() {
        return fill(labels.couldNotLoad, labels.whatDeals);
    }

    handleRefresh() {
        return this.polling.now();
    }

    handleFiled() {
        return refreshApex(this.wiredDisputes);
    }

    async handleMore() {
        this.isAsking = true;
        this.moreError = undefined;
        try {
            const page = await deals({ cursor: this.nextCursor });
            this.older = [...this.older, ...page.deals];
            this.cursor = page.next;
        } catch (error) {
            this.moreError = reduceError(error);
        } finally {
            this.isAsking = false;
        }
    }
}

/** "$1,030 pending, $60 confirmed" of a group, in its first currency. */
function sumText(found) {
    const sums = found.map(amounts);
    const { currency } = sums[0].confirmed;
    const same = sums.filter((one) => one.confirmed.currency === currency);
    const pending = total(same.map((one) => one.provisional));
    const confirmed = total(same.map((one) => one.confirmed));
    const reach = total(
        found.map(inReach).filter((one) => one?.currency === currency),
        currency
    );
    return [
        ...(reach.minor ? [fill(labels.amountInReach, money(reach))] : []),
        ...(pending.minor ? [fill(labels.amountPending, money(pending))] : []),
        ...(confirmed.minor ? [fill(labels.amountConfirmed, money(confirmed))] : [])
    ].join(', ');
}
