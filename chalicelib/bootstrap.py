"""The one place where adapters meet services.

Each function builds one use case from the settings of this deployment and is called by one handler. Imports happen
inside the functions: a cold start pays only for what its trigger needs. What is built is kept for the life of the
Lambda container.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.settings import Settings

if TYPE_CHECKING:
    from datetime import date, datetime

    from chalicelib.adapters.bearer import Bearer
    from chalicelib.adapters.dynamodb.aliases import AliasTable
    from chalicelib.adapters.dynamodb.core import DynamoCore
    from chalicelib.adapters.dynamodb.disputes import DisputeTable
    from chalicelib.adapters.dynamodb.feed_log import FeedLogTable
    from chalicelib.adapters.dynamodb.home import HomeTable
    from chalicelib.adapters.dynamodb.money import MoneyTable
    from chalicelib.adapters.dynamodb.people import PeopleTable
    from chalicelib.adapters.dynamodb.programs import ProgramTable
    from chalicelib.adapters.dynamodb.quotes import QuoteTable
    from chalicelib.adapters.dynamodb.sweeps import SweepTable
    from chalicelib.adapters.dynamodb.work import WorkListTable
    from chalicelib.adapters.field_mappings import FieldMappings
    from chalicelib.adapters.notifications import SesMailbox
    from chalicelib.adapters.payout_queue import SqsPayoutQueue
    from chalicelib.adapters.rescore_queue import RescoreQueue
    from chalicelib.adapters.retry_queue import SqsRetryQueue
    from chalicelib.adapters.s3_files import S3Files
    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.payouts import PayoutState
    from chalicelib.services.adjustments import Adjustments
    from chalicelib.services.approve_payouts import ApprovePayouts
    from chalicelib.services.audit import LedgerAudit
    from chalicelib.services.boards import Boards
    from chalicelib.services.close_periods import ClosePeriods
    from chalicelib.services.configuration import Configuration
    from chalicelib.services.confirm_by_hand import ConfirmByHand
    from chalicelib.services.confirm_payouts import ConfirmPayouts
    from chalicelib.services.daily import Daily
    from chalicelib.services.deal_answers import DealsView, DealView
    from chalicelib.services.dispute_views import DisputeDesk
    from chalicelib.services.disputes import Disputes
    from chalicelib.services.feed_views import FreshSources
    from chalicelib.services.leaderboard_view import LeaderboardView
    from chalicelib.services.pay import Pay
    from chalicelib.services.payout_register import PayoutRegister
    from chalicelib.services.payout_views import PayoutsView, PayoutView
    from chalicelib.services.period_views import PeriodView, PeriodViews
    from chalicelib.services.quotes import QuoteView
    from chalicelib.services.read_feed import FeedReader
    from chalicelib.services.reconcile_rewards import ReconcileRewards
    from chalicelib.services.rep_views import StandingsView
    from chalicelib.services.replays import Replays, ReplayView
    from chalicelib.services.rescore import Rescorer
    from chalicelib.services.retry_lines import LineRetry
    from chalicelib.services.reward_port import RewardProvider
    from chalicelib.services.score_lines import LineScorer
    from chalicelib.services.score_registration import RegistrationScorer
    from chalicelib.services.start_program import StartProgram
    from chalicelib.services.sweep_org import OrgSweep
    from chalicelib.services.sync_users import SyncReport


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This deployment's settings."""
    return Settings.read()


@lru_cache(maxsize=1)
def _session() -> Any:
    from botocore.session import get_session  # here: a cold start that needs no AWS call does not pay for it

    from chalicelib.adapters.whole_answers import refuse_cut_answers

    session = get_session()
    refuse_cut_answers(session)
    return session


@lru_cache(maxsize=8)
def client(service: str) -> Any:
    """A botocore client, made once; `AWS_ENDPOINT_URL` is honoured, so every stack is reached the same way."""
    # Botocore itself: boto3 would add its S3 transfer threads, 20 ms of every cold start, for nothing we call.
    from botocore.config import Config

    # 2 s to connect, 10 s to read, four tries: a score must end well inside its function's timeout.
    return _session().create_client(
        service,
        config=Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}),
    )


# --- programs ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def programs() -> ProgramTable:
    """Program drafts, versions and the registry of active ones; versions are kept once read."""
    from chalicelib.adapters.dynamodb.programs import ProgramTable

    return ProgramTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def start_program() -> StartProgram:
    """Activates a program and lets follow what follows."""
    from chalicelib.services.start_program import StartProgram

    return StartProgram(programs(), people(), roster(), rescore_queue())


def activate_program(id: str, approver: str, now: datetime, effective_from: date | None) -> dict[str, object]:
    """Activate a draft with all that follows; the program as its administrators see it."""
    from chalicelib.services.programs import show

    start_program().start(id, approver, now, effective_from)
    return show(programs(), id, now)


def restate_program(id: str, approver: str, now: datetime, first_day: date, digest: str) -> dict[str, object]:
    """What a retroactive change would do, or, with the digest of that report, do it."""
    from chalicelib.services.programs import show
    from chalicelib.services.restate_program import RestateProgram

    use_case = RestateProgram(programs(), core(), roster(), start_program())
    report, applied = use_case.restate(id, approver, now, first_day, digest)
    return {"applied": applied, "report": report, **({"program": show(programs(), id, now)} if applied else {})}


@lru_cache(maxsize=1)
def aliases() -> AliasTable:
    """What distributors call products; kept until the registry says that they changed."""
    from chalicelib.adapters.dynamodb.aliases import AliasTable

    return AliasTable(client("dynamodb"), settings().ops_table)


# --- scoring ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def core() -> DynamoCore:
    """Deal books, ledger and standings; also the roster."""
    from chalicelib.adapters.dynamodb.core import DynamoCore

    where = settings()
    return DynamoCore(client("dynamodb"), where.core_table, where.ops_table, programs(), aliases().aliases_for)


def roster() -> DynamoCore:
    """Standings and what the close needs of them."""
    return core()


@lru_cache(maxsize=1)
def line_scorer() -> LineScorer:
    """Matches and scores order lines."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.score_lines import LineScorer

    return LineScorer(core(), jittered)


@lru_cache(maxsize=1)
def registration_scorer() -> RegistrationScorer:
    """Commits and scores registrations."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.score_registration import RegistrationScorer

    return RegistrationScorer(core(), line_scorer().match_again, jittered)


@lru_cache(maxsize=1)
def rescorer() -> Rescorer:
    """Settles deal books again."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.rescore import Rescorer

    return Rescorer(core(), jittered)


@lru_cache(maxsize=1)
def retry_queue() -> SqsRetryQueue:
    """Asks for lines to be decided again."""
    from chalicelib.adapters.retry_queue import SqsRetryQueue

    return SqsRetryQueue(client("sqs"), settings().lines_queue_url)


@lru_cache(maxsize=1)
def line_retry() -> LineRetry:
    """Decides the lines again that an alias touches."""
    from chalicelib.services.retry_lines import LineRetry

    return LineRetry(core(), line_scorer().match_again, retry_queue())


@lru_cache(maxsize=1)
def rescore_queue() -> RescoreQueue:
    """Asks for reps to be settled again later."""
    from chalicelib.adapters.rescore_queue import RescoreQueue

    return RescoreQueue(client("sqs"), settings().lines_queue_url)


@lru_cache(maxsize=1)
def boards() -> Boards:
    """Leaderboard snapshots, and the reads beside them."""
    from chalicelib.services.boards import Boards

    return Boards(core())


# --- Salesforce -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """Secrets of this deployment, kept for five minutes."""
    from chalicelib.adapters.secrets import Secrets

    return Secrets(client("secretsmanager"), settings().secrets_prefix)


@lru_cache(maxsize=1)
def field_mappings() -> FieldMappings:
    """How Salesforce objects become registrations: bundled, or the org's own."""
    from chalicelib.adapters.field_mappings import FieldMappings

    return FieldMappings(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def people() -> PeopleTable:
    """Names and addresses of Salesforce users."""
    from chalicelib.adapters.dynamodb.people import PeopleTable

    return PeopleTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def work_list() -> WorkListTable:
    """What a person must look at."""
    from chalicelib.adapters.dynamodb.work import WorkListTable

    return WorkListTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def sweeps() -> SweepTable:
    """Cursors and last reports of the sweep."""
    from chalicelib.adapters.dynamodb.sweeps import SweepTable

    return SweepTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def org_sweep() -> OrgSweep:
    """The sweep and the user sync. Raises with its first call: Misconfigured when no Salesforce URL is configured."""
    from chalicelib.adapters.salesforce import SalesforceOrg
    from chalicelib.services.sweep_org import OrgSweep

    org = SalesforceOrg(settings().salesforce_url, lambda: secrets().get("salesforce", fresh=True))
    return OrgSweep(org, sweeps(), people(), programs(), roster(), rescorer(), registration_scorer())


def sync_users_now(now: datetime) -> SyncReport:
    """Read the org's users now: joiners are enrolled, leavers ended."""
    return org_sweep().users(now)


# --- feeds ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def feed_log() -> FeedLogTable:
    """Watermarks, files taken, chunks counted, quarantine."""
    from chalicelib.adapters.dynamodb.feed_log import FeedLogTable

    return FeedLogTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def feed_reader() -> FeedReader:
    """Reads a dropped file and hands its lines over to scoring."""
    from chalicelib.adapters.line_queue import SqsLineQueue
    from chalicelib.adapters.s3_feeds import S3FeedStore
    from chalicelib.services.read_feed import FeedReader

    where = settings()
    return FeedReader(
        S3FeedStore(client("s3"), where.feed_bucket),
        SqsLineQueue(client("sqs"), where.lines_queue_url),
        feed_log(),
        report_files(),
        work_list(),
    )


# --- money ------------------------------------------------------------------------------------------------------


def provider(name: str) -> RewardProvider:
    """The reward provider a program names, with the secrets of now (they rotate, so it is not kept; use one for a
    whole batch). Raises: NotFound for a name that is not in PROVIDERS; Misconfigured."""
    from chalicelib.adapters.rewards import PROVIDERS, Surroundings
    from chalicelib.domain.errors import NotFound

    if name not in PROVIDERS:
        raise NotFound(f'There is no reward provider "{name}". Known are: {", ".join(PROVIDERS)}.')
    return PROVIDERS[name](Surroundings(settings(), client, lambda secret: secrets().get(secret)))


@lru_cache(maxsize=1)
def mailbox() -> SesMailbox:
    """Outgoing e-mail, from the deployment's sender."""
    from chalicelib.adapters.notifications import SesMailbox

    return SesMailbox(client("ses"), settings().sender_email)


@lru_cache(maxsize=1)
def report_files() -> S3Files:
    """The report bucket."""
    from chalicelib.adapters.s3_files import S3Files

    return S3Files(client("s3"), settings().report_bucket)


@lru_cache(maxsize=1)
def money() -> MoneyTable:
    """Periods, runs, payouts, debts, webhooks seen, breaks."""
    from chalicelib.adapters.dynamodb.money import MoneyTable

    return MoneyTable(settings().money_table, client("dynamodb").meta.region_name)


@lru_cache(maxsize=1)
def payout_queue() -> SqsPayoutQueue:
    """Where approved payouts wait for `pay`."""
    from chalicelib.adapters.payout_queue import SqsPayoutQueue

    return SqsPayoutQueue(client("sqs"), settings().payouts_queue_url)


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


# --- API --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def bearer() -> Bearer:
    """Verifies the bearer tokens of this deployment's orgs. Raises: Misconfigured when no org key is configured."""
    from chalicelib.adapters.bearer import Bearer

    where = settings()
    return Bearer.configured(where.organization_id, where.org_public_key, where.jwt_audience)


@lru_cache(maxsize=1)
def sources() -> FreshSources:
    """How fresh the facts are: the sweeps of the mapped objects, and the feed log."""
    from chalicelib.services.feed_views import FreshSources

    return FreshSources(sweeps(), feed_log(), sorted(field_mappings().all()))


def rep_standings(rep: str, now: datetime) -> StandingsView:
    """Every program of a rep at once."""
    from chalicelib.services.home import home

    return home(rep, home_table(), boards(), sorted(field_mappings().all()), now, paid_by_layer)


@lru_cache(maxsize=1)
def home_table() -> HomeTable:
    """What a home page reads, in one call."""
    from chalicelib.adapters.dynamodb.home import HomeTable

    where = settings()
    return HomeTable(client("dynamodb"), where.core_table, where.ops_table, programs())


def paid_by_layer(program: str) -> dict[str, int]:
    """Minor units that the sealed runs of a program granted, by layer."""
    granted: dict[str, int] = {}
    for run in money().runs(program):
        for total in run.totals:
            granted[total.layer] = granted.get(total.layer, 0) + total.amount_minor
    return granted


def rep_deals(rep: str, now: datetime, limit: int, cursor: str) -> DealsView:
    """A page of a rep's deals. Raises: InvalidDocument for a foreign cursor."""
    from chalicelib.services.deal_views import deals_of

    return deals_of(rep, programs(), boards(), now, limit=limit, cursor=cursor)


def rep_deal(rep: str, registration: str, now: datetime) -> DealView:
    """One deal of a rep. Raises: NotFound."""
    from chalicelib.services.deal_views import deal_of

    return deal_of(rep, registration, programs(), boards(), now)


def program_list(now: datetime) -> dict[str, object]:
    """The cards of the active programs."""
    from chalicelib.services.program_views import cards

    return cards(programs(), boards(), now, paid_by_layer)


def program_detail(id: str, now: datetime, *, drafts: bool) -> dict[str, object]:
    """One program with its document; with `drafts` also what is not active. Raises: NotFound."""
    from chalicelib.services.program_views import detail

    return detail(programs(), boards(), id, now, drafts=drafts, paid=paid_by_layer)


@lru_cache(maxsize=1)
def quotes() -> QuoteTable:
    """What a quote reads, in one call."""
    from chalicelib.adapters.dynamodb.quotes import QuoteTable

    where = settings()
    return QuoteTable(client("dynamodb"), where.core_table, where.ops_table, programs(), boards())


def quote(document: dict[str, Any], rep: str, now: datetime) -> QuoteView:
    """What a sale would earn the rep. Raises: InvalidDocument with everything wrong with the question."""
    from chalicelib.domain.quotes import read_asked
    from chalicelib.services.quotes import quote as view

    return view(read_asked(document), rep, quotes(), now)


@lru_cache(maxsize=1)
def replays() -> Replays:
    """What a program would have paid over past facts."""
    from chalicelib.adapters.dynamodb.replays import ReplayTable
    from chalicelib.adapters.replay_queue import SqsReplayQueue
    from chalicelib.services.replays import Replays

    jobs = ReplayTable(client("dynamodb"), settings().ops_table)
    queue = SqsReplayQueue(client("sqs"), settings().lines_queue_url)
    return Replays(jobs, queue, programs(), core(), roster(), people(), report_files())


def ask_replay(id: str, document: dict[str, Any], by: str, now: datetime) -> ReplayView:
    """Start a replay. Raises: NotFound, InvalidDocument."""
    return replays().ask(id, document, by, now)


def show_replay(id: str) -> ReplayView:
    """A replay as it stands. Raises: NotFound."""
    return replays().show(id, money())


def save_program_draft(id: str, document: dict[str, Any], author: str, now: datetime) -> dict[str, object]:
    """Store a draft and say what still keeps it from starting. Raises: InvalidDocument, Conflict."""
    from chalicelib.services.programs import save_draft

    return save_draft(programs(), id, document, author, now)


def retire_program(id: str, by: str, now: datetime, decision: str | None, reason: str) -> dict[str, object]:
    """Take a program out of the active ones. Raises: NotFound, Conflict, InvalidDocument."""
    from chalicelib.services.programs import retire, show

    retire(programs(), id, by, now, decision, reason)
    return show(programs(), id, now)


def leaderboard(id: str, viewer: str, now: datetime, top: int) -> LeaderboardView:
    """The board of an active program as one person sees it. Raises: NotFound."""
    from chalicelib.domain.errors import NotFound
    from chalicelib.services.leaderboard_view import leaderboard as view
    from chalicelib.services.rep_views import ruling_version

    versions = programs().active().get(id)
    if versions is None:
        raise NotFound(f"There is no active program {id}.")
    return view(ruling_version(versions, now), viewer, boards(), people(), now, top=top)


@lru_cache(maxsize=1)
def configuration() -> Configuration:
    """Documents an admin may change; the kinds are the table in here, each with the check of the code that uses it."""
    from chalicelib.adapters.dynamodb.configuration import ConfigurationTable
    from chalicelib.domain.aliases import alias_from
    from chalicelib.domain.mapping_documents import mapping_from
    from chalicelib.feeds.profiles import parse_profile
    from chalicelib.services.configuration import Check, Configuration
    from chalicelib.services.retry_lines import AliasMoves

    checks: dict[str, Check] = {
        "alias": lambda name, document: alias_from(name, document).name,
        "feed-profile": lambda _, document: parse_profile(document).id,
        "field-mapping": lambda _, document: mapping_from(document).object,
    }
    table = ConfigurationTable(client("dynamodb"), settings().ops_table)
    return Configuration(table, checks, {"alias": AliasMoves(retry_queue())})


def feed_list(now: datetime) -> dict[str, object]:
    """How far Salesforce and every distributor that reported, or that a program waits for, was read."""
    from chalicelib.services.feed_views import feed_list as view
    from chalicelib.services.rep_views import ruling_version

    waiting: dict[str, list[str]] = {}
    for id, versions in programs().active().items():
        for distributor in ruling_version(versions, now).feeds:
            waiting.setdefault(distributor, []).append(id)
    return view(sources(), [state.distributor for state in feed_log().states()], waiting, now)


def feed_reports(distributor: str, limit: int) -> dict[str, object]:
    """A distributor's latest files and what became of their lines."""
    from chalicelib.adapters.s3_listing import S3Listing
    from chalicelib.services.feed_views import feed_files

    return feed_files(S3Listing(client("s3"), settings().report_bucket), distributor, limit)


def rep_payouts(rep: str) -> PayoutsView:
    """A rep's own payouts."""
    from chalicelib.services.payout_views import payouts_of

    return payouts_of(rep, money())


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


# --- disputes and adjustments -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def disputed() -> DisputeTable:
    """Where disputes lie."""
    from chalicelib.adapters.dynamodb.disputes import DisputeTable

    return DisputeTable(client("dynamodb"), settings().money_table)


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
