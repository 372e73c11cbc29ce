// The HTML around the components: the platform's navigation, the rep who looks, SLDS 1 or 2, and the index of states.
import { STATES } from './states.mjs';

export const TABS = [
    ['/', 'Home', ['spiffWelcome', 'spiffDashboard']],
    ['/deals', 'Deals', ['spiffDeals']],
    ['/quote', 'Quote check', ['spiffQuote']],
    ['/leaderboard', 'Leaderboard', ['spiffLeaderboard']],
    ['/rewards', 'Rewards', ['spiffRewards']]
];

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A page with components in it. `frozen` is the moment its clock stands at. */
export function page({
    title,
    parts,
    importmap,
    slds,
    search,
    path,
    reps = [],
    rep = '',
    frozen = '',
    isState = false
}) {
    const sf = JSON.stringify({ parts, isState, userId: rep }).replaceAll('<', '\\u003c');
    const style =
        slds === '2' ? '/slds2/slds2.cosmos.css' : '/slds/assets/styles/salesforce-lightning-design-system.min.css';
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} | SPIFF</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style}">
<link rel="stylesheet" href="/page.css">
<script type="importmap">${importmap}</script>
<script>
${frozen ? clock(frozen) : ''}
const told = ${sf};
window.__sf = {
    ...told,
    user: { Id: told.userId || '005000000000001AAA', isGuest: false },
    formFactor: matchMedia('(max-width: 767px)').matches ? 'Small' : 'Large',
    permissions: [],
    i18n: { lang: 'en', locale: 'en-US', currency: 'USD', timeZone: 'America/Chicago', dir: 'ltr' }
};
window.__toasts = [];
addEventListener('lightning__showtoast', ({ detail }) => {
    window.__toasts.push({ title: detail.title, variant: detail.variant });
    const toast = document.createElement('div');
    toast.className = 'toast slds-notify slds-notify_toast slds-theme_' + (detail.variant ?? 'info');
    toast.textContent = detail.title;
    document.querySelector('#toasts').append(toast);
    setTimeout(() => toast.remove(), 5000);
});
</script>
</head>
<body class="slds-scope">
${navigation(search, path, reps, rep)}
<main class="page" id="root"><h1 class="slds-assistive-text">${escaped(title)}</h1></main>
<div id="toasts" role="status"></div>
<script type="module" src="/dist/vendor/synthetic.js"></script>
<script type="module" src="/dist/main.js"></script>
</body>
</html>`;
}

/** The list of every state page. */
export function index(hasStack) {
    const list = Object.entries(STATES).map(
        ([component, states]) =>
            `<h2 class="slds-text-heading_small slds-m-top_medium">${component}</h2><ul class="slds-list_dotted">` +
            Object.keys(states)
                .map((state) => `<li><a href="/states/${component}/${state}">${state}</a></li>`)
                .join('') +
            '</ul>'
    );
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>States | SPIFF</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/slds/assets/styles/salesforce-lightning-design-system.min.css"></head>
<body class="slds-p-around_medium"><main><h1 class="slds-text-heading_medium">Every state of every component</h1>
<p>${hasStack ? '<a href="/">The home page against the running API</a>. ' : 'The stack is not up: run make demo or make up. '}
Add <code>?slds=2</code> for SLDS 2.</p>${list.join('')}</main></body></html>`;
}

function navigation(search, path, reps, rep) {
    const tabs = TABS.map(
        ([href, label]) =>
            `<li class="slds-context-bar__item${href === path ? ' slds-is-active' : ''}"><a class="slds-context-bar__label-action" href="${href}${escaped(search)}"${href === path ? ' aria-current="page"' : ''}>${label}</a></li>`
    ).join('');
    const choice = reps.length
        ? `<form class="who"><label for="rep">Looking as</label><select id="rep" name="rep" class="slds-select" onchange="this.form.submit()">${reps
              .map(
                  (one) => `<option value="${one.Id}"${one.Id === rep ? ' selected' : ''}>${escaped(one.Name)}</option>`
              )
              .join('')}</select></form>`
        : '';
    return `<header class="slds-context-bar" id="platform-navigation"><div class="slds-context-bar__primary"><span class="slds-context-bar__label-action slds-context-bar__app-name">SPIFF</span></div>
<nav class="slds-context-bar__secondary" aria-label="SPIFF"><ul class="tabs">${tabs}</ul></nav>${choice}</header>`;
}

/** Now is always `moment`, so that days left and ages are the same in every picture. */
function clock(moment) {
    return `{ const began = Date.now(), at = Date.parse('${moment}'), Real = Date;
globalThis.Date = class extends Real {
    constructor(...parts) { super(...(parts.length ? parts : [Real.now() - began + at])); }
    static now() { return Real.now() - began + at; }
}; }`;
}
