module.exports = { __esModule: true, default: '005000000000001AAA' };
