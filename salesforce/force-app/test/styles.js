module.exports = { __esModule: true, default: undefined };
