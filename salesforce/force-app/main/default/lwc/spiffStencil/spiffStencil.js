import { LightningElement, api } from 'lwc';
import { labels } from 'c/spiffLabels';

/** Blocks where text will stand, at the first load only. */
export default class SpiffStencil extends LightningElement {
    labels = labels;
    @api rows = 3;

    get lines() {
        return Array.from({ length: this.rows }, (_, key) => ({ key }));
    }
}
