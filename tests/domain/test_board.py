"""Ranks are deterministic and the tie rule is the card's (domain.md 18, 36)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.board import Board, build
from chalicelib.domain.ledger import Balance
from chalicelib.domain.standings import Fence, Standing, Sums
from tests.builders import a_layer, a_program, usd

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OPEN = Fence(date(2026, 10, 1), None, "base")


def standing(rep: str, confirmed: int, provisional: int = 0, layer: str = "internal") -> Standing:
    return Standing("security-push", rep, OPEN, {layer: Sums(confirmed, provisional)})


def an_award(registration: str, confirmed: int, day: int, provisional: int = 0) -> Balance:
    when = BusinessTime(date(2026, 10, day), NOW, registration)
    return Balance("security-push", "internal", registration, provisional, confirmed, 0, when, NOW)


def ranks(board: Board) -> list[tuple[int, str]]:
    return [(row.rank, row.rep) for row in board.rows]


def test_equal_confirmed_amounts_share_the_rank_and_provisional_ones_do_not_count() -> None:
    board = build(a_program(), [standing("a", 10), standing("b", 30, 5), standing("c", 10, 90)], lambda rep: (), NOW)
    assert ranks(board) == [(1, "b"), (2, "a"), (2, "c")]
    assert (board.confirmed, board.provisional) == (5000, 9500)


def test_earlier_to_reach_goes_by_the_business_time_of_the_last_counting_deal() -> None:
    awards = {"a": [an_award("r1", 6, 3), an_award("r3", 4, 9)], "b": [an_award("r2", 10, 3), an_award("r4", 0, 20)]}
    program = a_program(tie_rule="earlier_to_reach")
    board = build(program, [standing("a", 10), standing("b", 10), standing("c", 0), standing("d", 0)], awards.get, NOW)
    assert ranks(board) == [(1, "b"), (2, "a"), (3, "c"), (3, "d")]


def test_layers_are_ranked_by_money_not_by_points() -> None:
    vendor = a_layer(id="vendor:acme", point=usd("0.01"))
    program = a_program(layers=(a_layer(), vendor))
    board = build(program, [standing("a", 900, layer="vendor:acme"), standing("b", 10)], lambda rep: (), NOW)
    assert ranks(board) == [(1, "b"), (2, "a")]


@given(st.lists(st.integers(0, 20), max_size=300))
def test_the_histogram_gives_the_same_rank_as_counting_everybody_above(points: list[int]) -> None:
    board = build(a_program(), [standing(f"r{n:03}", p) for n, p in enumerate(points)], lambda rep: (), NOW)
    assert board.size == len(points)
    for p in points:
        assert board.rank_of(p * 100) == 1 + sum(other > p for other in points)
