const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
    ...jestConfig,
    setupFilesAfterEnv: [...(jestConfig.setupFilesAfterEnv || []), '<rootDir>/force-app/test/setup.js'],
    moduleNameMapper: {
        ...jestConfig.moduleNameMapper,
        // The words themselves, so that a test reads what a rep reads.
        '^c/spiffLabels$': '<rootDir>/force-app/test/labels.js',
        // Looks are the browser tests' part; jsdom cannot read container queries.
        '\\.css$': '<rootDir>/force-app/test/styles.js',
        '^lightning/navigation$': '<rootDir>/force-app/test/navigation.js',
        '^@salesforce/i18n/timeZone$': '<rootDir>/force-app/test/timeZone.js',
        '^@salesforce/user/Id$': '<rootDir>/force-app/test/userId.js',
        '^data/(.*)$': '<rootDir>/force-app/test/data/$1.json'
    },
    // axe over a whole dashboard takes seconds on a busy machine; nothing here waits for real time.
    testTimeout: 60000,
    modulePathIgnorePatterns: ['<rootDir>/preview/'],
    testPathIgnorePatterns: ['/node_modules/', '<rootDir>/force-app/test/data/']
};
