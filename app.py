"""The table of triggers: every route, queue and schedule of Kicker, registered on one Chalice app.

Nothing is decided here. A handler module holds the blueprint of one concern; `docs/decisions/0001-*.md` says why all
functions share one package. Lambda functions: `api` (every route), `read_feed`, `score_lines`, `sweep_salesforce`,
`tell_salesforce`, `close_periods`, `pay`, `reconcile_rewards`, `daily`.
"""

from __future__ import annotations

from aws_lambda_powertools import Logger
from chalice import Chalice, ConvertToMiddleware

from chalicelib.handlers import (
    admin,
    daily,
    disputes,
    feeds,
    finance,
    periods,
    programs,
    reps,
    rewards,
    salesforce,
    scoring,
    telling,
)

app = Chalice(app_name="kicker")

# One JSON line a log record, with the request id; never the event itself: it may hold a token or a person's address.
app.register_middleware(ConvertToMiddleware(Logger().inject_lambda_context(log_event=False, clear_state=True)))

for handlers in (
    salesforce,  # POST /salesforce/outbound-messages/{token}; every 15 minutes: sweep_salesforce
    telling,  # every 5 minutes: tell_salesforce
    feeds,  # queue feeds: read_feed
    scoring,  # queue lines: score_lines
    periods,  # every 15 minutes: close_periods; queue payouts: pay
    rewards,  # POST /rewards/{provider}/webhooks; hourly: reconcile_rewards
    daily,  # once a day: daily
    reps,  # /me/...
    programs,  # /programs/...
    finance,  # /payouts/...
    admin,  # configuration, work lists
    disputes,  # disputes and adjustments, a rep's own and those to decide on
):
    app.register_blueprint(handlers.blueprint)

# Lambda looks the functions up by these names; through this module, so that the middleware above is theirs too.
read_feed = feeds.read_feed
score_lines = scoring.score_lines
sweep_salesforce = salesforce.sweep_salesforce
tell_salesforce = telling.tell_salesforce
close_periods = periods.close_periods
pay = periods.pay
reconcile_rewards = rewards.reconcile_rewards
run_daily = daily.daily
