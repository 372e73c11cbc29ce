// Puts the components the page names into it: `window.__sf.parts` is [{component, props, into}].
import { createElement } from 'lwc';
import SpiffDashboard from 'c/spiffDashboard';
import SpiffDeals from 'c/spiffDeals';
import SpiffDispute from 'c/spiffDispute';
import SpiffLeaderboard from 'c/spiffLeaderboard';
import SpiffQuote from 'c/spiffQuote';
import SpiffRecord from 'c/spiffRecord';
import SpiffRewards from 'c/spiffRewards';
import SpiffWelcome from 'c/spiffWelcome';

const COMPONENTS = {
    spiffDashboard: SpiffDashboard,
    spiffDeals: SpiffDeals,
    spiffDispute: SpiffDispute,
    spiffLeaderboard: SpiffLeaderboard,
    spiffQuote: SpiffQuote,
    spiffRecord: SpiffRecord,
    spiffRewards: SpiffRewards,
    spiffWelcome: SpiffWelcome
};

for (const { component, props } of window.__sf.parts) {
    const tag = `c-${component.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const element = createElement(tag, { is: COMPONENTS[component] });
    Object.assign(element, props);
    document.querySelector('#root').append(element);
}
