import { LightningElement, api } from 'lwc';

/** What she sent did not arrive, or was not taken: what is wrong, field by field, and that her words are still there. */
export default class SpiffNotSent extends LightningElement {
    /** As c/spiffErrors makes it. */
    @api error;
    /** What is said when the API said nothing. */
    @api otherwise;
    /** What of hers is safe. */
    @api kept;

    get text() {
        return this.error.detail || this.otherwise;
    }

    get problems() {
        return this.error.problems.map(({ path, message, remedy }) => ({
            key: `${path} ${message}`,
            text: [path, message, remedy].filter(Boolean).join(': ')
        }));
    }
}
