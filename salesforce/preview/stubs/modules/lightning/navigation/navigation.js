// Pages of the preview stand for tabs and record pages; anything else is only told to the window.
const TABS = {
    Spiff_Dashboard: '/',
    Spiff_Deals: '/deals',
    Spiff_Quote: '/quote',
    Spiff_Leaderboard: '/leaderboard',
    Spiff_Rewards: '/rewards'
};

function address(page) {
    const where =
        page.type === 'standard__recordPage'
            ? `/record/${page.attributes.recordId}`
            : (TABS[page.attributes?.apiName] ?? '#');
    return where + location.search;
}

export const NavigationMixin = (Base) =>
    class extends Base {
        [NavigationMixin.Navigate](page) {
            window.dispatchEvent(new CustomEvent('preview:navigate', { detail: page }));
            if (!window.__sf.isState) {
                location.assign(address(page));
            }
        }
        [NavigationMixin.GenerateUrl](page) {
            return Promise.resolve(address(page));
        }
    };
NavigationMixin.Navigate = Symbol('Navigate');
NavigationMixin.GenerateUrl = Symbol('GenerateUrl');
