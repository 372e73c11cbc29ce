"""The hot path looks only at the layers a deal can reach; what it passes over would have earned nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import rulebook
from chalicelib.domain.attachments import BookLines
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import AttachBonus, ConditionSpec, DealTypeRule, Layer, Program, Rate
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rulebook import Rulebook, rulebook_of
from chalicelib.domain.scoring import score, score_deal
from tests.builders import a_layer, a_line, a_program, a_registration, usd
from tests.domain.test_scoring import order_lines, spec


def _not(part: ConditionSpec) -> ConditionSpec:
    return spec("not", parts=(part,))


RATES = [
    (Rate("per_seat", 3, deal_type="net_new"), Rate("per_seat", 1)), (Rate("per_seat", 2, deal_type="renewal"),),
    (Rate("percent", hundredths=250),), (Rate("per_deal", 100),),
]  # fmt: skip
CONDITIONS = [
    spec("sku", numbers=("SEC-ENT",)), spec("family", names=("security",)), spec("vendor", names=("Veridane",)),
    spec("minimum_seats", seats=20), spec("minimum_seats", seats=60), spec("minimum_amount", amount=usd("2500")),
    spec("deal_type", types=("net_new",)), spec("deal_type", types=("renewal", "expansion")),
    _not(spec("deal_type", types=("renewal",))), _not(spec("sku", numbers=("SEC-PRO",))),
    spec("any_of", parts=(spec("minimum_seats", seats=40), spec("deal_type", types=("expansion",)))),
    spec("any_of", parts=(spec("sku", numbers=("NET-1",)), spec("minimum_seats", seats=30))),
    spec("all_of", parts=(spec("minimum_seats", seats=30), spec("deal_type", types=("net_new", "expansion")))),
]  # fmt: skip
WINDOWS = [None, None, (date(2026, 10, 10), date(2026, 11, 10))]
LAYERS: st.SearchStrategy[Callable[[str], Layer]] = st.builds(
    lambda rates, conditions, window, bonus: lambda name: a_layer(
        id=name, rates=rates, conditions=tuple(conditions), window=window, attach_bonus=bonus
    ),
    st.sampled_from(RATES), st.lists(st.sampled_from(CONDITIONS), max_size=3), st.sampled_from(WINDOWS),
    st.sampled_from([None, None, AttachBonus("sku", ("NET-1",), 40)]),
)  # fmt: skip
BY_ORDERS = DealTypeRule("vendor", "orders")


@st.composite
def programs(draw: st.DrawFn) -> dict[str, tuple[Program, ...]]:
    """One to three programs of one to three layers, some of which changed their layers in November."""
    found = {}
    for number in range(draw(st.integers(1, 3))):
        layers = [
            tuple(make(f"vendor:v{i}") for i, make in enumerate(draw(st.lists(LAYERS, min_size=1, max_size=3))))
            for _ in range(draw(st.integers(1, 2)))
        ]
        program = a_program(
            id=f"p{number}", layers=layers[0], families=(("security", ("SEC-",)),),
            behaviour=draw(st.sampled_from(["product_sold", "product_sold", "deal_registered"])),
            confirming_document=draw(st.sampled_from(["order", "invoice"])),
            qualifying_date=draw(st.sampled_from(["registration_approved", "order_placed", "order_invoiced"])),
            deal_type_rule=draw(st.sampled_from([None, None, BY_ORDERS])),
        )  # fmt: skip
        later = [replace(program, version=2, effective_from=date(2026, 11, 1), layers=x) for x in layers[1:]]
        found[program.id] = (program, *later)
    return found


DEALS = st.builds(
    lambda quantity, minor, kind, renewed, sku, status, vendor: a_registration(
        quantity=quantity, amount=usd(str(minor)), deal_type=kind, renewed_quantity=renewed, sku=sku, family="security",
        status=status, vendor=vendor,
    ),
    st.integers(0, 90), st.integers(0, 9000), st.sampled_from(["net_new", "renewal", "expansion", None]),
    st.sampled_from([None, None, 10]), st.sampled_from(["SEC-ENT", "NET-1", ""]),
    st.sampled_from(["approved", "approved", "lost", "submitted"]), st.sampled_from(["Veridane", "Other"]),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(DEALS, order_lines(), programs(), st.booleans())
def test_what_is_passed_over_would_have_earned_nothing(
    deal: Registration, lines: list[OrderLine], asked: dict[str, tuple[Program, ...]], bought_before: bool
) -> None:
    other = a_registration(id="a0D5w00000OTHERAAA", approved_at=datetime(2026, 9, 1, tzinfo=UTC))
    earlier = [a_line("9", vendor=deal.vendor, ordered_on=date(2026, 9, 2), document_no="I-9")]
    book = BookLines({deal.id: deal, other.id: other}, {deal.id: lines, other.id: earlier if bought_before else []})
    every = score_deal(deal, lines, asked, book=book)
    few = score_deal(deal, lines, asked, book=book, zeros=False)
    assert few == [award for award in every if award.provisional or award.confirmed]


def test_a_layer_for_more_seats_than_registered_is_reached_by_what_was_sold() -> None:
    large = a_layer(conditions=(spec("minimum_seats", seats=60),))
    asked = {"p": (a_program(layers=(large,)),)}
    sold = [a_line("1", quantity=Decimal(30)), a_line("2", quantity=Decimal(30))]
    [award] = score_deal(a_registration(quantity=50), sold, asked, zeros=False)
    assert (award.provisional, award.confirmed) == (0, 180)
    assert score_deal(a_registration(quantity=50), sold[:1], asked, zeros=False) == []


def test_a_program_that_changed_is_another_rulebook() -> None:
    """Nothing that was compiled outlives the version it was compiled from."""
    program = a_program()
    known = rulebook_of({"p": (program,)})
    assert rulebook_of({"p": (program,)}) is known
    dearer = replace(program, layers=(a_layer(rates=(Rate("per_seat", 9),)),))
    for versions in ({"p": (dearer,)}, {"q": (program,)}, {"p": (program, dearer)}, {"p": (program,), "q": (program,)}):
        assert rulebook_of(versions) is not known
    [award] = score(a_registration(), [a_line()], rulebook_of({"p": (dearer,)}), zeros=False)
    assert award.confirmed == 450


def test_only_so_many_rulebooks_are_kept(monkeypatch: Any) -> None:
    kept: dict[tuple[object, ...], Rulebook] = {}
    monkeypatch.setattr(rulebook, "_rulebooks", kept)
    for number in range(3 * rulebook._RULEBOOKS_KEPT):
        rulebook_of({f"p{number}": (a_program(),)})
    assert 0 < len(kept) <= rulebook._RULEBOOKS_KEPT
