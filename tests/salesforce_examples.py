"""Writes what the Lightning components are tested and previewed with: `python -m tests.salesforce_examples`.

The files under salesforce/force-app/test/data are answers of the same services the API calls, over a small reseller in
memory; `tests/test_salesforce_examples.py` fails while one differs from what this writes or from the OpenAPI document.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.domain.payouts import PayoutLine, PayoutState
from chalicelib.domain.programs import BoardDisplay
from chalicelib.domain.quotes import Asked
from chalicelib.services.deal_views import deal_of, deals_of
from chalicelib.services.leaderboard_view import leaderboard
from chalicelib.services.payout_views import IN_WORDS, PayoutsView, PayoutView
from chalicelib.services.program_views import cards
from chalicelib.services.quotes import quote
from chalicelib.services.rep_views import standings_of
from tests.builders import usd
from tests.fakes.core_reader import Reseller
from tests.salesforce_reseller import (
    DANA,
    MIA,
    NOW,
    RAJ,
    a_deal,
    a_newcomer,
    a_reseller,
    a_spent_program,
    an_id,
    carded,
)

FOLDER = Path(__file__).parent.parent / "salesforce" / "force-app" / "test" / "data"

# File -> the schema of the OpenAPI document it must fit.
SCHEMAS = {
    "standings": "StandingsView", "standings-new": "StandingsView", "standings-none": "StandingsView",
    "standings-spent": "StandingsView", "deals": "DealsView", "deals-more": "DealsView", "deals-none": "DealsView",
    "deal": "DealView", "deal-partly": "DealView",
    "leaderboard": "LeaderboardView", "leaderboard-pseudonyms": "LeaderboardView",
    "leaderboard-neighbours": "LeaderboardView", "leaderboard-outside": "LeaderboardView",
    "payouts": "PayoutsView", "payouts-none": "PayoutsView", "quote": "QuoteView", "quote-nothing": "QuoteView",
}  # fmt: skip


def examples() -> dict[str, Any]:
    """File name -> a real answer."""
    shop = a_reseller()
    [endpoint] = shop.core.programs["endpoint-seats"]
    asked: tuple[tuple[str, BoardDisplay, str], ...] = (
        ("leaderboard", "names", DANA),
        ("leaderboard-pseudonyms", "pseudonyms", DANA),
        ("leaderboard-neighbours", "neighbours_only", DANA),
        ("leaderboard-outside", "names", an_id("005", "Nobody")),
    )
    boards = {
        name: leaderboard(replace(endpoint, board=display), rep, shop.reader, shop.people, NOW, top=3)
        for name, display, rep in asked
    }
    everything = deals_of(DANA, shop, shop.reader, NOW, limit=50)
    tarnfield = Asked("TRN-EP", 80, vendor="Tarnfield", amount=usd("5200"), deal_type="net_new")
    return {
        "standings": standings_of(DANA, shop, shop.reader, shop.sources, NOW),
        "standings-new": _newcomer(),
        "standings-none": standings_of(an_id("005", "Nobody"), shop, shop.reader, shop.sources, NOW),
        "standings-spent": _spent(),
        "deals": everything,
        "deals-more": deals_of(DANA, shop, shop.reader, NOW, limit=2),
        "deals-none": deals_of(RAJ, shop, shop.reader, NOW, limit=50),
        "deal": deal_of(DANA, an_id("a0D", "DR10471"), shop, shop.reader, NOW),
        "deal-partly": deal_of(DANA, an_id("a0D", "DR10465"), shop, shop.reader, NOW),
        **boards,
        "payouts": PayoutsView(DANA, _payouts()),
        "payouts-none": PayoutsView(DANA, ()),
        "programs": cards(shop, shop.reader, NOW),
        "quote": quote(tarnfield, DANA, shop.quotes, NOW),
        "quote-nothing": quote(Asked("ZZZ-1", 5, vendor="Nobody"), DANA, shop.quotes, NOW),
    }


def _newcomer() -> Any:
    shop = a_newcomer()
    return standings_of(DANA, shop, shop.reader, shop.sources, NOW)


def _spent() -> Any:
    """One program whose budget another rep's deal has used up, after Dana's earlier one."""
    shop = Reseller(carded(a_spent_program()))
    for rep in (DANA, MIA):
        shop.enroll(rep, date(2026, 10, 1))
    for n, rep in enumerate((MIA, DANA)):
        told = a_deal(
            30001 + n,
            f"Customer {n}",
            "Pellum",
            "PLM-CLOUD",
            5,
            "net_new",
            datetime(2026, 11, 4 + n, 16, tzinfo=UTC),
            rep=rep,
        )
        shop.told(told, told.version)
    return standings_of(DANA, shop, shop.reader, shop.sources, NOW)


def _payouts() -> tuple[PayoutView, ...]:
    """One on its way, one delivered, one that could not be."""

    def at(month: int, day: int, hour: int = 15, minute: int = 0) -> datetime:
        return datetime(2026, month, day, hour, minute, tzinfo=UTC)

    def one(n: int, program: str, amount: int, state: PayoutState, *times: datetime | None) -> PayoutView:
        line = PayoutLine("award", "internal", amount, amount * 100, "Harborline IT LLC", "employer_wages")
        earned, pays_by, ordered, confirmed = times
        assert earned is not None and pays_by is not None
        return PayoutView(
            f"SPF{n:033}".replace("0", "A"), program, 0, usd(str(amount)), state, IN_WORDS[state], (line,), earned,
            pays_by, ordered, confirmed,
        )  # fmt: skip

    return (
        one(1, "first-five", 80, PayoutState.PLANNED, at(11, 17, 20), at(11, 21, 6), None, None),
        one(2, "backup-attach", 100, PayoutState.DELIVERY_FAILED, at(10, 30, 15), at(11, 9, 6), at(11, 7, 20), None),
        one(3, "renewal-drive", 240, PayoutState.CONFIRMED, at(10, 29), at(11, 3, 5), at(11, 1, 15), at(11, 1, 16, 7)),
    )  # fmt: skip


def text(answer: Any) -> str:
    """The answer as it lies in its file."""
    return json.dumps(msgspec.to_builtins(answer, str_keys=True), separators=(",", ":"), ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file."""
    for name, answer in examples().items():
        (FOLDER / f"{name}.json").write_text(text(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
