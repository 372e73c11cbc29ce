"""Where adapters meet the services that close, pay, dispute and account; see `bootstrap`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap import (
    boards,
    client,
    core,
    disputed,
    feed_log,
    mailbox,
    money,
    payout_queue,
    people,
    programs,
    provider,
    report_files,
    roster,
    settings,
    work_list,
)

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.payouts import PayoutState
    from chalicelib.services.adjustments import Adjustments
    from chalicelib.services.approve_payouts import ApprovePayouts
    from chalicelib.services.audit import LedgerAudit
    from chalicelib.services.close_periods import ClosePeriods
    from chalicelib.services.confirm_by_hand import ConfirmByHand
    from chalicelib.services.confirm_payouts import ConfirmPayouts
    from chalicelib.services.daily import Daily
    from chalicelib.services.dispute_views import DisputeDesk
    from chalicelib.services.disputes import Disputes
    from chalicelib.services.pay import Pay
    from chalicelib.services.payout_register import PayoutRegister
    from chalicelib.services.payout_views import PayoutsView, PayoutView
    from chalicelib.services.period_views import PeriodView, PeriodViews
    from chalicelib.services.reconcile_rewards import ReconcileRewards


def paying() -> Pay:
    """Sends payouts; each provider is built once and serves the whole batch."""
    from chalicelib.services.pay import Pay

    return Pay(money(), lru_cache(provider), payout_queue(), work_list())


def approvals() -> ApprovePayouts:
    """Releases payout runs and mends addresses."""
    from chalicelib.services.approve_payouts import ApprovePayouts

    return ApprovePayouts(money(), programs(), people(), work_list(), lru_cache(provider), paying())


def payout_register() -> PayoutRegister:
    """Registers and certificates to finance, and the listing of payouts."""
    from chalicelib.services.payout_register import PayoutRegister

    finance = tuple(address.strip() for address in settings().finance_email.split(",") if address.strip())
    return PayoutRegister(money(), programs(), report_files(), mailbox(), finance)


def close_periods() -> ClosePeriods:
    """Closes what is due."""
    from chalicelib.services.close_periods import ClosePeriods

    return ClosePeriods(
        money(), roster(), programs(), people(), feed_log(), work_list(), lru_cache(provider), approvals(),
        payout_register(), disputed(),
    )  # fmt: skip


def confirmations() -> ConfirmPayouts:
    """Believes what provider orders say."""
    from chalicelib.services.confirm_payouts import ConfirmPayouts

    return ConfirmPayouts(money(), lru_cache(provider), work_list())


def reconciliation() -> ReconcileRewards:
    """Compares our payouts with the providers' orders and statements."""
    from chalicelib.services.reconcile_rewards import ReconcileRewards

    return ReconcileRewards(money(), lru_cache(provider), confirmations(), paying(), payout_register())


def daily() -> Daily:
    """What is getting old."""
    from chalicelib.services.daily import Daily

    return Daily(money(), programs(), feed_log(), ledger_audit(), close_periods(), disputed(), work_list())


def ledger_audit() -> LedgerAudit:
    """Holds ledger, standings and payouts against each other."""
    from chalicelib.adapters.dynamodb.inspection import CoreInspection
    from chalicelib.services.audit import LedgerAudit

    inspection = CoreInspection(client("dynamodb"), settings().core_table, settings().ops_table)
    return LedgerAudit(inspection, programs(), money(), people())


def payout_list(
    now: datetime, program: str | None, state: PayoutState | None, limit: int, cursor: str
) -> dict[str, object]:
    """A page of everybody's payouts, filtered by program and state when given. Raises: InvalidDocument for a foreign
    cursor."""
    from chalicelib.services.payout_list import payout_list as view

    return view(money(), now, program=program, state=state, limit=limit, cursor=cursor)


def readdress_payout(key: str, name: str, email: str, by: str, now: datetime) -> PayoutView:
    """Send a payout to another address; the payout after it. Raises: as `ApprovePayouts.readdress`."""
    from chalicelib.services.payout_views import view_of

    return view_of(approvals().readdress(key, name=name, email=email, by=by, now=now))


@lru_cache(maxsize=1)
def period_views() -> PeriodViews:
    """Where every program's period stands."""
    from chalicelib.services.period_views import PeriodViews

    return PeriodViews(money(), programs(), feed_log())


def approve_run(program: str, run: int, digest: str, by: str, now: datetime) -> PeriodView:
    """Release one payout run; the period as it stands after it. Raises: NotFound, Conflict, Forbidden."""
    activated_by = {published.approver for published in programs().published(program)}
    approvals().approve(program, run, digest=digest, by=by, now=now, activated_by=activated_by)
    return period_views().one(program, now)


def manual_confirmations() -> ConfirmByHand:
    """Confirms payouts of the manual provider."""
    from chalicelib.adapters.rewards.manual import Manual
    from chalicelib.services.confirm_by_hand import ConfirmByHand

    return ConfirmByHand(money(), Manual(client("s3"), settings().report_bucket), confirmations())


def rep_payouts(rep: str) -> PayoutsView:
    """A rep's own payouts."""
    from chalicelib.services.payout_views import payouts_of

    return payouts_of(rep, money())


def adjustments() -> Adjustments:
    """Proposes, approves and posts adjustments."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.adjustments import Adjustments

    return Adjustments(core(), programs(), money(), disputed(), jittered)


def disputes() -> Disputes:
    """Files, answers and decides disputes."""
    from chalicelib.services.disputes import Disputes

    return Disputes(disputed(), money(), programs(), boards(), adjustments())


def dispute_desk() -> DisputeDesk:
    """How disputes and adjustments are shown."""
    from chalicelib.services.dispute_views import DisputeDesk

    return DisputeDesk(disputes(), adjustments(), programs(), money())
