module.exports = { __esModule: true, default: 'America/Chicago' };
