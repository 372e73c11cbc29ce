"""Where adapters meet what people ask the API: a rep's own views, programs, quotes, configuration, feeds; see
`bootstrap`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.bootstrap import (
    boards,
    client,
    core,
    feed_log,
    field_mappings,
    money,
    people,
    programs,
    replays,
    retry_queue,
    roster,
    settings,
    start_program,
    sweeps,
    work_list,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from chalicelib.adapters.bearer import Bearer
    from chalicelib.adapters.dynamodb.home import HomeTable
    from chalicelib.adapters.dynamodb.quotes import QuoteTable
    from chalicelib.services.configuration import Configuration
    from chalicelib.services.deal_answers import DealsView, DealView
    from chalicelib.services.feed_views import FreshSources
    from chalicelib.services.leaderboard_view import LeaderboardView
    from chalicelib.services.quotes import QuoteView
    from chalicelib.services.rep_views import StandingsView
    from chalicelib.services.replays import ReplayView


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


def paid_by_layer(program: str) -> Mapping[str, int]:
    """Minor units that the runs of a closed program granted, by layer."""
    from chalicelib.services.budget_views import granted_by

    return granted_by(money().runs(program))


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


def work_entries(kind: str, limit: int, cursor: str) -> dict[str, object]:
    """A page of a work list. Raises: InvalidDocument for a foreign cursor."""
    from chalicelib.services.work_pages import work_page

    return work_page(kind, work_list().open(kind), limit=limit, cursor=cursor)


def feed_reports(distributor: str, limit: int) -> dict[str, object]:
    """A distributor's latest files and what became of their lines."""
    from chalicelib.adapters.s3_listing import S3Listing
    from chalicelib.services.feed_views import feed_files

    return feed_files(S3Listing(client("s3"), settings().report_bucket), distributor, limit)


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
