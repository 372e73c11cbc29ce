// The words of the package, read from CustomLabels. Run as a program it rewrites c/spiffLabels, the one component that
// imports them: `npm run labels`, after a label was added.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const app = path.join(path.dirname(fileURLToPath(import.meta.url)), '../force-app/main/default');
const XML = path.join(app, 'labels/CustomLabels.labels-meta.xml');
const MODULE = path.join(app, 'lwc/spiffLabels/spiffLabels.js');
const PREFIX = 'Spiff_';

/** {fullName: value} of every label. */
export function customLabels() {
    const blocks = fs.readFileSync(XML, 'utf8').matchAll(/<labels>([\s\S]*?)<\/labels>/g);
    return Object.fromEntries(
        [...blocks].map(([, block]) => [
            /<fullName\s*>(.*?)<\/fullName>/.exec(block)[1],
            unescaped(/<value\s*>([\s\S]*?)<\/value>/.exec(block)[1])
        ])
    );
}

/** The text of c/spiffLabels. */
export function labelsModule() {
    const keys = Object.keys(customLabels())
        .filter((name) => name.startsWith(PREFIX))
        .map((name) => name.slice(PREFIX.length));
    return [
        '// Every word the components say, from CustomLabels. Written by `npm run labels`.',
        ...keys.map((key) => `import ${key} from '@salesforce/label/c.${PREFIX}${key}';`),
        '',
        'export const labels = Object.freeze({',
        keys.map((key) => `    ${key}`).join(',\n'),
        '});',
        ''
    ].join('\n');
}

function unescaped(text) {
    return text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&apos;', "'")
        .replaceAll('&amp;', '&');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    fs.mkdirSync(path.dirname(MODULE), { recursive: true });
    fs.writeFileSync(MODULE, labelsModule());
}
