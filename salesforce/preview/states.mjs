// Every state of every component: which answer each Apex method gives, and what the page passes in. An answer is a file
// of force-app/test/data, {error: {...}} as the API refuses, 'never' for one that does not come, or a list: one a call.
const DOWN = { error: { status: 503, title: 'Unavailable', detail: '', problems: [], retryAfter: 0 } };
const FORBIDDEN = { error: { status: 403, title: 'Forbidden', detail: '', problems: [], retryAfter: 0 } };
const UNKNOWN = { error: { status: 401, title: 'Unauthenticated', detail: '', problems: [], retryAfter: 0 } };
const BUSY = { error: { status: 429, title: 'Too many', detail: '', problems: [], retryAfter: 120 } };
const MISSING = { error: { status: 404, title: 'Not found', detail: '', problems: [], retryAfter: 0 } };
const MALFORMED = { text: '<html>gateway</html>' };
const NO_CLASS = { message: "You do not have access to the Apex class named 'SpiffRepController'." };

const COPPERFIELD = 'a0DDR10471000002AA';
const IRONBRIDGE = 'a0DDR10465000002AA';

/** The states a question that is asked again can be in: `answers` is the method and a good answer. */
function asked(method, good, more = {}) {
    const state = (answer) => ({ apex: { ...more, [method]: answer } });
    return {
        loading: state('never'),
        error: state(DOWN),
        refused: state(FORBIDDEN),
        unknown: state(UNKNOWN),
        'no-class': state(NO_CLASS),
        malformed: state(MALFORMED),
        stale: { ...state([good, DOWN]), refresh: true },
        busy: { ...state([good, BUSY]), refresh: true },
        data: state(good)
    };
}

export const STATES = {
    spiffDashboard: {
        ...asked('standings', 'standings'),
        empty: { apex: { standings: 'standings-none' } },
        new: { apex: { standings: 'standings-new' } },
        spent: { apex: { standings: 'standings-spent' } }
    },
    spiffDeals: {
        ...asked('deals', 'deals', { disputes: 'disputes' }),
        empty: { apex: { deals: 'deals-none', disputes: 'disputes-none' } },
        more: { apex: { deals: ['deals-more', 'deals'], disputes: 'disputes-none' } }
    },
    spiffLeaderboard: {
        ...asked('leaderboard', 'leaderboard', { standings: 'standings' }),
        empty: { apex: { standings: 'standings-none', leaderboard: 'never' } },
        pseudonyms: { apex: { standings: 'standings', leaderboard: 'leaderboard-pseudonyms' } },
        neighbours: { apex: { standings: 'standings', leaderboard: 'leaderboard-neighbours' } },
        outside: { apex: { standings: 'standings', leaderboard: 'leaderboard-outside' } }
    },
    spiffQuote: {
        empty: { apex: { quote: 'quote' } },
        data: { apex: { quote: 'quote' }, ask: true },
        nothing: { apex: { quote: 'quote-nothing' }, ask: true },
        error: { apex: { quote: DOWN }, ask: true },
        refused: { apex: { quote: FORBIDDEN }, ask: true },
        loading: { apex: { quote: 'never' }, ask: true }
    },
    spiffRecord: Object.fromEntries(
        Object.entries({
            ...asked('deal', 'deal-partly', { disputes: 'disputes-none' }),
            miss: { apex: { deal: 'deal', disputes: 'disputes-none' } },
            empty: { apex: { deal: MISSING, disputes: 'disputes-none' } }
        }).map(([name, state]) => [name, { ...state, props: { recordId: IRONBRIDGE } }])
    ),
    spiffRewards: {
        ...asked('payouts', 'payouts', { standings: 'standings' }),
        empty: { apex: { payouts: 'payouts-none', standings: 'standings-none' } }
    },
    spiffDispute: Object.fromEntries(
        Object.entries({
            form: { apex: { deal: 'deal', disputes: 'disputes-none' } },
            'not-sent': { apex: { deal: 'deal', disputes: 'disputes-none', fileDispute: DOWN } },
            loading: { apex: { deal: 'never', disputes: 'never' } },
            error: { apex: { deal: DOWN, disputes: 'disputes-none' } },
            refused: { apex: { deal: FORBIDDEN, disputes: FORBIDDEN } },
            open: { apex: { deal: 'deal', disputes: { dispute: 0, registration: COPPERFIELD } } },
            asked: { apex: { deal: 'deal', disputes: { dispute: 1, registration: COPPERFIELD } } },
            upheld: { apex: { deal: 'deal', disputes: { dispute: 2, registration: COPPERFIELD } } }
        }).map(([name, state]) => [name, { ...state, props: { recordId: COPPERFIELD } }])
    ),
    spiffWelcome: Object.fromEntries(
        Object.entries({
            ...asked('standings', 'standings-new'),
            empty: { apex: { standings: 'standings-none' } }
        }).map(([name, state]) => [name, { ...state, props: { alone: true } }])
    )
};
