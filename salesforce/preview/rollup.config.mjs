// Bundles the components of force-app with LWC OSS and the base components, so that they run in a plain browser. What
// the platform would provide at run time (@salesforce/*, lightning/empApi, ...) is a stub under preview/stubs.
//
// Two builds: the base components (slow, only when their list or version changes) and our own (fast). An import map in
// the page joins them.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import lwc from '@lwc/rollup-plugin';
import replace from '@rollup/plugin-replace';
import { customLabels } from './labels.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const app = path.join(root, 'force-app/main/default');
const stubModules = path.join(here, 'stubs/modules');
const apexStub = path.join(here, 'stubs/salesforce/apex.js');
const packageDir = path.join(root, 'node_modules/lightning-base-components');

const read = (file) => fs.readFileSync(file, 'utf8');

/** `lwc/<name>` has no namespace folder, so a `dir` record cannot find it. */
function ownComponents() {
    const dir = path.join(app, 'lwc');
    return fs
        .readdirSync(dir)
        .map((name) => ({
            name: `c/${name}`,
            // A bundle of styles alone has no JavaScript.
            path: ['js', 'css'].map((kind) => path.join(dir, name, `${name}.${kind}`)).find(fs.existsSync)
        }))
        .filter((m) => m.path);
}

/** The package has no "expose" list, so an `npm` record is refused. */
function baseComponentRecords() {
    const { lwc: conf } = JSON.parse(read(path.join(packageDir, 'package.json')));
    return conf.modules.map((m) =>
        m.dir ? { dir: path.join(packageDir, m.dir) } : { name: m.name, path: path.join(packageDir, m.path) }
    );
}

const stubbed = fs.readdirSync(path.join(stubModules, 'lightning')).map((name) => `lightning/${name}`);

/** Every lightning/* module our own components name. */
function usedBaseComponents() {
    const used = new Set();
    const camel = (s) => s.replace(/-(\w)/g, (_, c) => c.toUpperCase());
    for (const { path: js } of ownComponents()) {
        for (const name of fs.readdirSync(path.dirname(js))) {
            if (!/\.(html|js)$/.test(name)) continue;
            const text = read(path.join(path.dirname(js), name));
            for (const [, tag] of text.matchAll(/<lightning-([\w-]+)/g)) used.add(`lightning/${camel(tag)}`);
            for (const [, id] of text.matchAll(/from '(lightning\/\w+)'/g)) used.add(id);
        }
    }
    return [...used].filter((id) => !stubbed.includes(id)).sort();
}

/** Virtual modules for the @salesforce/* scoped imports of our own components. */
function salesforceScopedImports() {
    const labels = customLabels();
    const PREFIX = '\0sf:';
    const json = JSON.stringify;
    return {
        name: 'salesforce-scoped-imports',
        resolveId: (id) => (id.startsWith('@salesforce/') ? PREFIX + id : null),
        load(id) {
            if (!id.startsWith(PREFIX)) return null;
            const [, kind, ...rest] = id.slice(PREFIX.length).split('/');
            const name = rest.join('/');
            switch (kind) {
                case 'apex':
                    return name
                        ? `import { apexMethod } from ${json(apexStub)};
                           export default apexMethod(${json(name)});`
                        : `export { refreshApex } from ${json(apexStub)};`;
                case 'user':
                    return `export default window.__sf.user[${json(name)}];`;
                case 'client':
                    return `export default window.__sf.formFactor;`;
                case 'i18n':
                    return `export default window.__sf.i18n[${json(name)}];`;
                case 'customPermission':
                case 'userPermission':
                    return `export default window.__sf.permissions.includes(${json(name)}) || undefined;`;
                case 'resourceUrl':
                    return `export default ${json('/resource/' + name)};`;
                case 'label': {
                    const key = name.replace(/^c\./, '');
                    if (!(key in labels)) this.error(`${name} is not in CustomLabels`);
                    return `export default ${json(labels[key])};`;
                }
                case 'schema': {
                    const [objectApiName, ...field] = name.split('.');
                    return `export default ${json(
                        field.length ? { objectApiName, fieldApiName: field.join('.') } : { objectApiName }
                    )};`;
                }
                default:
                    return this.error(`no preview stub for ${id.slice(PREFIX.length)}`);
            }
        }
    };
}

const constants = () =>
    replace({
        preventAssignment: true,
        delimiters: ['', ''],
        values: {
            'process.env.NODE_ENV': JSON.stringify('development'),
            'import.meta.env.SSR': 'false', // lightning-base-components
            // Synthetic shadow has none; on the platform the base components do without.
            'this.attachInternals()': '({ setFormValue() {}, setValidity() {}, states: new Set() })'
        }
    });

function onwarn(warning, warn) {
    const file = warning.loc?.file ?? warning.id ?? '';
    if (file.includes('lightning-base-components')) return;
    if (warning.code === 'CIRCULAR_DEPENDENCY') return;
    if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message);
    warn(warning);
}

/** null when dist/vendor is already what we would build. */
function vendorBuild() {
    const dir = path.join(here, 'dist/vendor');
    const names = usedBaseComponents();
    const stamp = crypto
        .createHash('sha256')
        .update(read(path.join(root, 'package-lock.json')))
        .update(names.join())
        .update(read(fileURLToPath(import.meta.url)))
        .digest('hex');
    const stampFile = path.join(dir, 'stamp');
    if (fs.existsSync(stampFile) && read(stampFile) === stamp) return null;

    fs.rmSync(dir, { recursive: true, force: true });
    const entries = path.join(here, 'dist/entries');
    const input = {};
    const imports = {};
    const entry = (id, text) => {
        const file = path.join(entries, `${id}.js`);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text);
        input[id] = file;
        imports[id] = `/dist/vendor/${id}.js`;
    };
    // The page loads this one first: LWC looks once, when it is loaded, whether shadows are synthetic as on the platform.
    // Base components tie a label to an input inside another component, as on the platform: no warning of each.
    entry(
        'synthetic',
        `import '@lwc/synthetic-shadow';
        for (const [name, none] of [['$nativeGetElementById$', null], ['$nativeQuerySelectorAll$', []]]) {
            delete globalThis[name];
            globalThis[name] = () => none;
        }`
    );
    entry('lwc', `export * from 'lwc';`);
    for (const id of names) {
        const folder = path.join(packageDir, 'src', id);
        const source = read(path.join(folder, path.basename(id) + '.js'));
        const hasDefault = /export default|export \{[^}]*\bdefault\b/.test(source);
        entry(id, `export * from '${id}';` + (hasDefault ? `export { default } from '${id}';` : ''));
    }
    return {
        input,
        output: {
            dir,
            format: 'esm',
            entryFileNames: '[name].js',
            chunkFileNames: 'chunk-[hash].js'
        },
        plugins: [
            constants(),
            lwc({
                rootDir: entries,
                enableDynamicComponents: true,
                modules: baseComponentRecords()
            }),
            {
                name: 'stamp',
                writeBundle() {
                    fs.writeFileSync(path.join(dir, 'importmap.json'), JSON.stringify({ imports }, null, 4));
                    fs.writeFileSync(stampFile, stamp);
                }
            }
        ],
        onwarn
    };
}

const appBuild = {
    input: path.join(here, 'main.js'),
    external: (id) => id === 'lwc' || (id.startsWith('lightning/') && !stubbed.includes(id)),
    output: { dir: path.join(here, 'dist'), format: 'esm', sourcemap: true },
    plugins: [
        salesforceScopedImports(),
        constants(),
        lwc({
            rootDir: here,
            sourcemap: true,
            modules: [{ dir: stubModules }, ...ownComponents()],
            defaultModules: []
        })
    ],
    onwarn
};

export default [vendorBuild(), appBuild].filter(Boolean);
