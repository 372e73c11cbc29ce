import { LightningElement, api } from 'lwc';
import { misses } from 'c/spiffDealGroups';
import { fill, funder, money, sentence, words } from 'c/spiffFormat';
import { labels } from 'c/spiffLabels';

/** The proof of a deal under one program: every condition, what it asks, what the deal has, and the way out. */
export default class SpiffProof extends LightningElement {
    labels = labels;
    /** A ProgramAward of the API. */
    @api award;
    /** Where its headings stand among the others of the page. */
    @api headingLevel = '3';

    get layers() {
        return this.award.layers.map((layer) => {
            const held = layer.verdicts.filter((one) => one.holds).length;
            const failed = misses(layer).length;
            return {
                key: layer.layer,
                funder: funder(layer.layer),
                state: layer.counts ? 'counts' : failed ? 'off' : 'waiting',
                word: fill(
                    layer.counts ? labels.conditionsHold : failed ? labels.conditionsMiss : labels.conditionsWait,
                    held,
                    layer.verdicts.length
                ),
                rows: layer.verdicts.map((one, key) => row(one, key)),
                money: moneyText(layer),
                because: because(layer),
                note: sentence(layer.note)
            };
        });
    }
}

function row(verdict, key) {
    const waits = !verdict.holds && !(verdict.changes?.length || verdict.parts?.length);
    return {
        key,
        icon: verdict.holds ? 'utility:success' : waits ? 'utility:clock' : 'utility:clear',
        variant: verdict.holds ? 'success' : waits ? '' : 'warning',
        said: verdict.holds ? labels.met : waits ? labels.stillWaiting : labels.notMet,
        condition: words(verdict.condition),
        threshold: verdict.threshold,
        value: verdict.value,
        shortfall: verdict.holds ? '' : sentence(verdict.shortfall),
        source: sourceText(verdict),
        rowClass: verdict.holds || waits ? 'row' : 'row miss'
    };
}

/** The order lines a value was read from; what the registration says is on the page itself. */
function sourceText({ origins }) {
    const lines = (origins ?? []).filter((one) => one.kind === 'order line').map((one) => sentence(one.record));
    return lines.length ? fill(labels.proofSource, [...new Set(lines)].join(', ')) : '';
}

function moneyText({ confirmed, provisional }) {
    const parts = [];
    if (confirmed.points) {
        parts.push(fill(labels.amountConfirmed, money(confirmed.money)));
    }
    if (provisional.points) {
        parts.push(fill(labels.amountPending, money(provisional.money)));
    }
    return parts.join(', ');
}

function because({ confirmed, provisional, confirmed_because, provisional_because }) {
    return [
        [confirmed, confirmed_because],
        [provisional, provisional_because]
    ]
        .filter(([worth]) => worth.points)
        .map(([, text]) => sentence(text))
        .join('. ');
}
