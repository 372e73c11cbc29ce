"""The card: one sentence from the rule itself, and the answers beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.budgets import budget_of
from chalicelib.domain.cards import card, without_promises
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import ConditionSpec, Program, Rate, ReversalPolicy
from tests.builders import a_layer, a_program, usd

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "programs"

SENTENCES = {
    "security-push": "Sell 10 seats or more of endpoint security: get 3 USD a seat (net-new), 2 USD a seat (expansion)"
    " or 1 USD a seat (renewal); have it approved by 29 Dec 2026.",
    "acme-overlay": "Sell products from Acme Security or Acme in a deal of 1,000 USD or more: get 2.5 % of the deal"
    " from Acme; have it invoiced by 31 Dec 2026.",
    "co-funded": "Sell firewall: get 150 USD a deal (net-new) or 50 USD a deal (renewal) plus 1.5 % of the deal from"
    " Nimbus in a net-new deal; have it ordered by 31 Dec 2026.",
    "attach-push": "Sell xdr: get 100 USD a deal; have it invoiced by 31 Dec 2026.",
    "fixed-reward": "Sell products from Orchid: get 100 USD a deal; have it approved by 31 Dec 2026.",
    "attach-enterprise": "Sell backup with products of the software tier enterprise in the same deal and with a"
    " customer of size mid-market (100 to 999 employees) or enterprise (1,000 or more employees): get 3 USD a seat"
    " (net-new) or 1 USD a seat (any other); have it invoiced by 31 Dec 2026.",
}


def example(name: str) -> Program:
    document = json.loads((EXAMPLES / f"{name}.json").read_text())
    return parse(document, id=name, version=1, effective_from=None, author="ops")


@pytest.mark.parametrize("name", SENTENCES)
def test_the_card_says_do_x_get_y_by_z(name: str) -> None:
    """W40, F22, domain.md 28."""
    program = example(name)
    assert card(program).sentence == program.card == SENTENCES[name]


def test_a_fixed_reward_reads_faster_than_a_rule_with_tiers() -> None:
    """F34: richness is priced in seconds."""
    simple, rich = card(example("fixed-reward")), card(example("security-push"))
    assert (simple.seconds, simple.parts) == (4, 1)
    assert (rich.seconds, rich.parts) == (9, 4)


def test_the_card_answers_products_renewals_and_credit() -> None:
    """W03, W18: the three questions; equality at a minimum is said."""
    lines = card(example("security-push")).lines
    assert lines[:4] == (
        "Products: products of the family endpoint security (SKU ACM-EDR-..., ACM-XDR-...).",
        "Renewals: yes, 1 USD a seat.",
        "A deal of exactly the minimum counts.",
        (
            "Credit: automatic. Register the deal; it is yours once the distributor's invoice arrives, dated by "
            "31 Jan 2027. No claim form."
        ),
    )
    assert "Ties: who reached the points earlier, by the date of the deals, ranks first." in lines
    assert "Gold: at 1,500 confirmed points, 300 USD once." in lines
    assert "Cap: at most 5,000 USD a rep." in lines
    assert any(line.startswith("Earned: when the distributor confirms the deal by invoice") for line in lines)


def test_renewals_that_earn_nothing_are_said_so() -> None:
    """W73."""
    none = a_program(layers=(a_layer(rates=(Rate("per_seat", 3, deal_type="net_new"),)),))
    zero = a_program(layers=(a_layer(rates=(Rate("per_seat", 3), Rate("per_seat", 0, deal_type="renewal"))),))
    kind = ConditionSpec("deal_type", (("types", ("net_new",)),))
    kept_out = a_program(layers=(a_layer(conditions=(kind,), rates=(Rate("per_seat", 3),)),))
    assert all("Renewals: no." in card(p).lines for p in (none, zero, kept_out))
    assert "Renewals: internal yes, 50 USD a deal; Nimbus no." in card(example("co-funded")).lines


def test_a_moved_date_and_its_reason_stand_on_the_card() -> None:
    moved = replace(example("fixed-reward"), change_reason="the vendor ended its funding")
    assert card(moved).lines[-1] == "Changed: the vendor ended its funding"


def test_a_program_without_conditions_and_one_for_registrations_read_well() -> None:
    plain = a_program(layers=(a_layer(rates=(Rate("per_deal", 25),), point=usd("0.50")),))
    assert card(plain).sentence == "Sell any product: get 12.50 USD a deal; have it approved by 31 Dec 2026."
    registered = card(replace(plain, behaviour="deal_registered"))
    assert registered.sentence.startswith("Register any product: get")
    assert "Credit: automatic when the registration is approved." in registered.lines


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("none", "a later return takes nothing back"),
        ("net", "taken from your next SPIFFs, never from your pay"),
        ("holdback", "taken from what this program still pays you, and from nothing else"),
    ],
)
def test_the_card_says_what_a_later_return_does(policy: ReversalPolicy, says: str) -> None:
    """domain.md 24: what `payout_plan` does under each policy, in words."""
    [earned] = [line for line in card(a_program(reversal_policy=policy)).lines if line.startswith("Earned:")]
    assert earned.endswith(f"{says}.") and "net of returns" in earned


def test_a_card_stops_promising_for_the_layer_whose_budget_is_gone_and_for_no_other() -> None:
    """domain.md 21."""
    vendor = a_layer(id="vendor:acme", budget=usd("10"))
    program = a_program(layers=(a_layer(budget=usd("500")), vendor), card="Sell.")
    budgets = {layer.id: budget_of(layer, 10, 10) for layer in program.layers}
    told = without_promises(program, {name: b for name, b in budgets.items() if b is not None})
    assert told == "Acme: The budget is used up: deals that qualify from now on earn nothing here. Sell."
    assert without_promises(program, {}) == "Sell."
