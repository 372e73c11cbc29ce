const { registerSa11yMatcher } = require('@sa11y/jest');

registerSa11yMatcher();

// The moment the test data were told: ages and days left are the same on every day.
beforeEach(() => {
    jest.useFakeTimers({
        now: new Date('2026-11-19T20:02:00Z'),
        doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask']
    });
});

afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.clearAllMocks();
});
