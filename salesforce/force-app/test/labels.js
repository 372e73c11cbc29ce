// Stands in for c/spiffLabels: the same words, read from CustomLabels.
const fs = require('fs');
const path = require('path');

const file = path.join(__dirname, '../main/default/labels/CustomLabels.labels-meta.xml');
const unescaped = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const blocks = [...fs.readFileSync(file, 'utf8').matchAll(/<labels>([\s\S]*?)<\/labels>/g)];

module.exports = {
    labels: Object.freeze(
        Object.fromEntries(
            blocks.map(([, block]) => [
                /<fullName\s*>Spiff_(.*?)<\/fullName>/.exec(block)[1],
                unescaped(/<value\s*>([\s\S]*?)<\/value>/.exec(block)[1])
            ])
        )
    )
};
