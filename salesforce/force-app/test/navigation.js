// Stands in for lightning/navigation: remembers where a component went.
const Navigate = Symbol('Navigate');
const GenerateUrl = Symbol('GenerateUrl');

const NavigationMixin = (Base) =>
    class extends Base {
        [Navigate](page) {
            NavigationMixin.went.push(page);
        }
        [GenerateUrl](page) {
            return Promise.resolve(`/lightning/r/${page.attributes.recordId}/view`);
        }
    };
NavigationMixin.Navigate = Navigate;
NavigationMixin.GenerateUrl = GenerateUrl;
NavigationMixin.went = [];

module.exports = { NavigationMixin };
