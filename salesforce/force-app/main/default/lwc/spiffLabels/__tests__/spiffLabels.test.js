import fs from 'fs';
import path from 'path';
import { labels } from 'c/spiffLabels';

const bundles = path.join(__dirname, '../..');
const read = (file) => fs.readFileSync(file, 'utf8');
const sources = fs
    .readdirSync(bundles)
    .flatMap((name) => ['js', 'html'].map((kind) => path.join(bundles, name, `${name}.${kind}`)))
    .filter((file) => fs.existsSync(file) && !file.includes('spiffLabels'));

it('imports exactly the labels there are', () => {
    const module = read(path.join(bundles, 'spiffLabels/spiffLabels.js'));
    const imported = [...module.matchAll(/import (\w+) from '@salesforce\/label\/c\.Spiff_(\w+)'/g)];
    expect(imported.map(([, name]) => name).sort()).toEqual(Object.keys(labels).sort());
    expect(imported.every(([, name, label]) => name === label)).toBe(true);
});

it('has no label that nobody says, and nobody says one that is not there', () => {
    const said = new Set(sources.flatMap((file) => read(file).match(/labels\.\w+/g) ?? []).map((one) => one.slice(7)));
    expect([...said].sort()).toEqual(Object.keys(labels).sort());
});

it('has no words in a template that are not labels', () => {
    const own = sources
        .filter((file) => file.endsWith('.html'))
        .flatMap((file) => read(file).match(/>[^<>{}]*[A-Za-z]{2,}[^<>{}]*</g) ?? []);
    expect(own).toEqual([]);
});
