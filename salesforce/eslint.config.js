const { defineConfig } = require('eslint/config');
const lwcConfig = require('@salesforce/eslint-config-lwc/recommended');
const js = require('@eslint/js');
const globals = require('globals');

const LWC = 'force-app/main/default/lwc/**/*.js';
const TESTS = ['force-app/main/default/lwc/**/__tests__/*.js', 'force-app/test/**/*.js'];

module.exports = defineConfig([
    { ignores: ['preview/dist/**', 'coverage/**', 'node_modules/**'] },
    { files: [LWC], extends: [lwcConfig] },
    {
        files: TESTS,
        extends: [lwcConfig],
        rules: { '@lwc/lwc/no-unexpected-wire-adapter-usages': 'off' },
        languageOptions: { globals: { ...globals.node, ...globals.jest } }
    },
    {
        // The preview runs in Node and, its stubs, in a browser.
        files: ['preview/**/*.{js,mjs}', '*.js'],
        extends: [js.configs.recommended],
        languageOptions: { globals: { ...globals.node, ...globals.browser } }
    }
]);
