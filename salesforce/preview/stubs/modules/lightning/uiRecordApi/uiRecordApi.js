// The part of Lightning Data Service the components use: `window.__sf.records` holds what the page's record would be.
export class getRecord {
    constructor(dataCallback) {
        this.dataCallback = dataCallback;
    }
    connect() {}
    disconnect() {}
    update({ recordId }) {
        const data = window.__sf.records?.[recordId];
        if (data) {
            this.dataCallback({ data, error: undefined });
        }
    }
}
export const getFieldValue = (record, field) => record.fields?.[field.split('.').pop()]?.value;
