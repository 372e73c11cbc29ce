// The preview: real components in a plain browser, on loopback.
//   node preview/server.mjs [--port N] [--directory .local]
// /states/<component>/<state> answers from files; / and the other tabs ask the running stack as the chosen rep.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { begin, fixture } from './fixtures.mjs';
import { ask, people, stack } from './org.mjs';
import { TABS, index, page } from './pages.mjs';
import { STATES } from './states.mjs';

const here = import.meta.dirname;
const modules = path.join(here, '../node_modules');
const FOLDERS = {
    '/dist/': path.join(here, 'dist'),
    '/slds/': path.join(modules, '@salesforce-ux/design-system'),
    '/slds2/': path.join(modules, '@salesforce-ux/design-system-2/dist/css/bundled')
};
const FILES = {
    '/page.css': path.join(here, 'page.css'),
    '/axe.js': path.join(modules, 'axe-core/axe.min.js')
};
const TYPES = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.map': 'application/json',
    '.json': 'application/json',
    '.woff2': 'font/woff2',
    '.woff': 'font/woff'
};
// The moment the files of the state pages were told.
const FROZEN = '2026-11-19T20:02:00Z';

const { values } = parseArgs({
    options: {
        port: { type: 'string', default: '0' },
        directory: { type: 'string', default: path.join(here, '../../.local') }
    }
});
const directory = values.directory;

const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://preview');
    // A page elsewhere that points a name of its own at this machine gets nothing.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
        response.writeHead(403, { 'content-type': 'text/plain' }).end('on loopback only');
        return;
    }
    try {
        const [status, type, body] = await answer(request, url);
        response.writeHead(status, {
            'content-type': type,
            'x-content-type-options': 'nosniff',
            'cache-control': 'no-store'
        });
        response.end(body);
    } catch (error) {
        response.writeHead(error.code === 'ENOENT' ? 404 : 500, { 'content-type': 'text/plain' }).end(String(error));
    }
});
server.listen(Number(values.port), '127.0.0.1', () =>
    console.log(`preview at http://127.0.0.1:${server.address().port}`)
);
for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => process.exit(0));
}

async function answer(request, url) {
    if (request.method === 'POST' && url.pathname.startsWith('/apex/SpiffRepController.')) {
        return apex(request, url);
    }
    const found = FILES[url.pathname] ?? inFolder(url.pathname);
    if (found) {
        return [200, TYPES[path.extname(found)] ?? 'application/octet-stream', fs.readFileSync(found)];
    }
    if (url.pathname === '/states') {
        return [200, 'text/html; charset=utf-8', index(Boolean(stack(directory)))];
    }
    const html = await shown(url);
    return html ? [200, 'text/html; charset=utf-8', html] : [404, 'text/plain', 'There is no such page. See /states'];
}

async function apex(request, url) {
    let text = '';
    for await (const chunk of request) {
        text += chunk;
    }
    const method = url.pathname.split('.')[1];
    const [, states, component, state] = (request.headers['x-preview-page'] ?? '').split('/');
    if (states !== 'states') {
        const told = await ask(directory, await chosen(url), method, JSON.parse(text || '{}'));
        return [200, TYPES['.json'], JSON.stringify(told)];
    }
    const told = fixture(component, state, method);
    if (told === undefined) {
        await new Promise(() => {}); // for as long as the page waits
    }
    return [200, TYPES['.json'], JSON.stringify(told)];
}

/** The page of a path: a state, a tab, or a registration. */
async function shown(url) {
    const common = {
        importmap: fs.readFileSync(path.join(here, 'dist/vendor/importmap.json'), 'utf8'),
        slds: url.searchParams.get('slds'),
        search: url.search,
        path: url.pathname
    };
    const [, first, component, state] = url.pathname.split('/');
    if (first === 'states') {
        const found = STATES[component]?.[state];
        if (!found) {
            return null;
        }
        begin(component, state);
        const parts = [{ component, props: found.props ?? {} }];
        return page({ ...common, title: `${component}: ${state}`, parts, frozen: FROZEN, isState: true });
    }
    const tab = TABS.find(([href]) => href === url.pathname);
    const record = /^\/record\/(\w{15,18})$/.exec(url.pathname);
    if (!tab && !record) {
        return null;
    }
    const found = stack(directory);
    if (!found) {
        return index(false);
    }
    const parts = record
        ? [{ component: 'spiffRecord', props: { recordId: record[1] } }]
        : tab[2].map((name) => ({ component: name, props: {} }));
    const title = record ? 'Deal registration' : tab[1];
    return page({ ...common, title, parts, reps: await people(found), rep: await chosen(url) });
}

/** The rep of ?rep=, else the first by name. */
async function chosen(url) {
    const asked = url.searchParams.get('rep');
    if (asked) {
        return asked;
    }
    const found = stack(directory);
    return found ? ((await people(found))[0]?.Id ?? '') : '';
}

function inFolder(pathname) {
    const prefix = Object.keys(FOLDERS).find((one) => pathname.startsWith(one));
    return (
        prefix && path.join(FOLDERS[prefix], path.normalize('/' + decodeURIComponent(pathname.slice(prefix.length))))
    );
}
