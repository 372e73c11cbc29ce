import { LightningElement, api, wire } from 'lwc';
import { refreshApex } from '@salesforce/apex';
import FORM_FACTOR from '@salesforce/client/formFactor';
import leaderboard from '@salesforce/apex/SpiffRepController.leaderboard';
import standings from '@salesforce/apex/SpiffRepController.standings';
import { WAITING, next } from 'c/spiffAnswer';
import { day, fill, formatted, money, ordinal, sentence } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';
import { Polling } from 'c/spiffPolling';

/** Her place, the gap to the next, and the neighbours she can pass. What is shown of others is the server's decision. */
export default class SpiffLeaderboard extends LightningElement {
    labels = labels;
    /** Design property: one program's id; left out, the rep chooses among hers. */
    @api programId;
    mine = WAITING;
    board = WAITING;
    picked;
    showsTop = false;

    connectedCallback() {
        this.polling = new Polling(() => refreshApex(this.chosen ? this.wired : this.wiredMine));
        this.polling.start();
    }

    disconnectedCallback() {
        this.polling.stop();
    }

    @wire(standings)
    takeMine(result) {
        this.wiredMine = result;
        this.mine = next(this.mine, result, new Date(), ['programs']);
    }

    @wire(leaderboard, { programId: '$chosen' })
    take(result) {
        this.wired = result;
        this.board = next(this.board, result, new Date(), ['top', 'neighbours', 'prizes']);
        if (result.data || result.error) {
            this.polling?.told(this.board.error);
        }
    }

    get programs() {
        return (this.mine.data?.programs ?? []).map(({ program, name }) => ({ value: program, label: name }));
    }

    get chosen() {
        return this.picked ?? this.programId ?? this.busiest?.program;
    }

    /** Where she has most at stake: running, with the most confirmed. */
    get busiest() {
        const place = (one) => [Number(one.window.state === 'running'), one.combined.confirmed.minor];
        const found = [...(this.mine.data?.programs ?? [])];
        return found.sort((a, b) => place(b)[0] - place(a)[0] || place(b)[1] - place(a)[1])[0];
    }

    /** What the frame shows: the board, or why there is none to ask for. */
    get answer() {
        return this.chosen ? this.board : this.mine;
    }

    get isEmpty() {
        return !this.chosen;
    }

    get mayChoose() {
        return !this.programId && this.programs.length > 1;
    }

    get data() {
        return this.chosen ? this.board.data : undefined;
    }

    get takesPart() {
        return Boolean(this.data?.you);
    }

    get place() {
        return ordinal(this.data.you.rank);
    }

    get placeOf() {
        return fill(labels.ofMany, formatted(this.data.you.of));
    }

    get gap() {
        const { to_next: gap } = this.data.you;
        return gap ? money(gap) : labels.nobodyAhead;
    }

    get gapTo() {
        const own = this.data.neighbours.find((one) => one.you)?.confirmed.minor;
        const ahead = this.data.neighbours.filter((one) => one.confirmed.minor > own).pop();
        return this.data.you.to_next && ahead ? fill(labels.toReach, ahead.name) : labels.toReachNext;
    }

    get prize() {
        const { your_prize: prize } = this.data;
        return prize ? money(prize) : labels.noPrize;
    }

    get prizeMore() {
        const { prizes } = this.data;
        if (!prizes.length) {
            return labels.noPrizes;
        }
        const told = prizes.map((one, place) => `${ordinal(place + 1)} ${money(one)}`).join(', ');
        return fill(labels.prizesAre, told);
    }

    get ends() {
        const found = this.mine.data?.programs.find((one) => one.program === this.chosen);
        return found ? fill(labels.endsOn, day(found.window.end)) : '';
    }

    get hasTop() {
        return this.data.top.length > 0 && this.data.neighbours.length > 0;
    }

    get toggleLabel() {
        return this.showsTop ? labels.showAround : labels.showTop;
    }

    get listTitle() {
        return this.isTop ? labels.theTop : labels.aroundYou;
    }

    get isTop() {
        return this.data.neighbours.length === 0 || this.showsTop;
    }

    get rows() {
        const { neighbours, top } = this.data;
        const shown = this.isTop ? top : neighbours;
        const own = neighbours.find((one) => one.you)?.confirmed.minor ?? 0;
        const most = Math.max(1, ...shown.map((one) => one.confirmed.minor + one.provisional.minor));
        return shown.map((one) => ({
            key: `${one.rank} ${one.name}`,
            rank: one.rank,
            name: one.you ? fill(labels.nameYou, one.name) : one.name,
            nameClass: one.you ? 'sp-strong' : '',
            rowClass: one.you ? 'place sp-you' : 'place',
            confirmed: one.confirmed.minor,
            pending: one.provisional.minor,
            goal: most,
            barLabel: fill(labels.barOf, one.name),
            isQuiet: !one.you,
            money: money(one.confirmed),
            difference: one.you || !this.takesPart ? '' : difference(one, own)
        }));
    }

    get showsBars() {
        return FORM_FACTOR !== 'Small';
    }

    get tieRule() {
        return this.data.tie_rule === 'shared' ? labels.tiesShared : labels.tiesEarlier;
    }

    get privacy() {
        return { pseudonyms: labels.privacyCode, neighbours_only: labels.privacyNeighbours }[this.data.display] ?? '';
    }

    get more() {
        return this.data ? sentence(this.data.name) : '';
    }

    handleRefresh() {
        return this.polling.now();
    }

    handleProgram(event) {
        this.picked = event.detail.value;
        this.board = WAITING;
        this.showsTop = false;
    }

    handleToggle() {
        this.showsTop = !this.showsTop;
    }
}

function difference({ confirmed }, own) {
    const minor = confirmed.minor - own;
    if (minor === 0) {
        return labels.level;
    }
    const amount = money({ ...confirmed, minor: Math.abs(minor) });
    return fill(minor > 0 ? labels.ahead : labels.behind, amount);
}
