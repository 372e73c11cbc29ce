// Stand-ins of Apex methods for jest.mock: `wired` emits when told, `called` answers when called; one may be both.
const { createApexTestWireAdapter } = require('@salesforce/sfdx-lwc-jest');

module.exports = {
    wired: () => ({ __esModule: true, default: createApexTestWireAdapter(jest.fn()) }),
    called: () => ({ __esModule: true, default: jest.fn() })
};
