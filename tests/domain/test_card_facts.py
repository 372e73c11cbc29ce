"""The card says what the document says: read back, its sentence and lines give the document's own facts (W40, F22).

Documents are generated; a reader that knows only English (`card_reader`) takes the card apart. What the card left out
or told wrong would be missing here.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.cards import card
from chalicelib.domain.program_documents import parse
from tests.domain.card_reader import read

Document = dict[str, Any]
EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples" / "programs").glob("*.json"))
FAMILIES = {"edr": ["EDR-"], "xdr": ["XDR-", "XD2-"]}
RETURNS = {
    "none": "a later return takes nothing back",
    "net": "a later return is taken from your next SPIFFs, never from your pay",
    "holdback": "a later return is taken from what this program still pays you, and from nothing else",
}
HOW = {"registration_approved": "approved", "order_placed": "ordered", "order_invoiced": "invoiced"}


# --- documents ----------------------------------------------------------------------------------------------------


def usd(amount: str) -> Document:
    return {"amount": amount, "currency": "USD"}


amounts = st.builds(lambda whole, cents: usd(f"{whole}.{cents}"), st.integers(1, 99_999), st.sampled_from(["00", "50"]))
days = st.integers(0, 60).map(lambda n: date(2026, 10, 1) + timedelta(days=n))
spans = st.tuples(days, days).map(lambda pair: {"start": min(pair).isoformat(), "end": max(pair).isoformat()})
percents = st.decimals("0.01", "100", places=2).map(lambda d: {"percent": f"{d:f}"})
plain_rates = (
    st.integers(0, 5000).map(lambda n: {"per_seat": n}) | st.integers(0, 5000).map(lambda n: {"per_deal": n}) | percents
)


def of_type(kind: str | None, rate: Document) -> Document:
    return {**rate, "deal_type": kind} if kind else rate


rates = st.lists(
    st.sampled_from([None, "net_new", "renewal", "expansion"]), min_size=1, max_size=4, unique=True
).flatmap(
    lambda kinds: st.tuples(*(plain_rates.map(lambda rate, kind=kind: of_type(kind, rate)) for kind in kinds)).map(list)
)
types = st.lists(st.sampled_from(["net_new", "renewal", "expansion"]), min_size=1, max_size=3, unique=True)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "vendor": st.lists(st.sampled_from(["Acme", "Beta", "Orchid"]), min_size=1, unique=True),
        "sku": st.lists(st.sampled_from(["A-1", "B-2", "C-3"]), min_size=1, unique=True),
        "family": st.lists(st.sampled_from(sorted(FAMILIES)), min_size=1, unique=True),
        "minimum_amount": amounts,
        "minimum_seats": st.integers(1, 2000),
        "deal_type": types,
    },
).map(lambda found: [{kind: asked} for kind, asked in found.items()])


def steps(kind: str) -> st.SearchStrategy[list[Document]]:
    value = "bonus_points" if kind == "bonus" else "percent"
    return st.lists(st.integers(1, 9000), min_size=1, max_size=3, unique=True).flatmap(
        lambda points: st.lists(st.integers(101, 900), min_size=len(points), max_size=len(points), unique=True).map(
            lambda values: [
                {"name": f"Step{n}", "from_points": at, value: worth}
                for n, (at, worth) in enumerate(zip(sorted(points), sorted(values), strict=True))
            ]
        )
    )


tiered = st.sampled_from(["bonus", "retroactive", "marginal"]).flatmap(
    lambda kind: steps(kind).map(lambda tiers: {"tier_kind": kind, "tiers": tiers})
)
shapes = st.just({}) | tiered | st.integers(1, 40).map(lambda n: {"first_deals_per_rep": n})
attached = st.builds(
    lambda kind, names, points: {kind[0]: names if kind[0] == "with_family" else kind[1], "points": points},
    st.sampled_from([("with_family", []), ("with_sku", ["S-1", "S-2"])]),
    st.lists(st.sampled_from(sorted(FAMILIES)), min_size=1, unique=True),
    st.integers(1, 900),
)


def layers_of(id_: str) -> st.SearchStrategy[Document]:
    plain = st.fixed_dictionaries(
        {"id": st.just(id_), "rates": rates, "point": amounts, "conditions": conditions},
        optional={
            "cap_points_per_rep": st.integers(1, 9000), "budget": amounts.map(lambda a: usd("900" + a["amount"])),
            "window": spans, "attach_bonus": attached,
        },
    )  # fmt: skip
    return st.tuples(plain, shapes).map(lambda parts: {**parts[0], **parts[1]})


IDS = ["internal", "vendor:acme", "vendor:beta-corp", "internal/se", "vendor:acme/csm"]
layers = (
    st.sets(st.sampled_from(IDS), min_size=1, max_size=4)
    .filter(lambda ids: any("/" not in i for i in ids))
    .flatmap(lambda ids: st.tuples(*(layers_of(i) for i in sorted(ids, key=IDS.index))).map(list))
)
documents = st.fixed_dictionaries(
    {
        "name": st.just("Push"), "behaviour": st.sampled_from(["product_sold", "target_reached"]), "layers": layers,
        "qualifying_date": st.sampled_from(sorted(HOW)), "confirming_document": st.just("invoice"),
        "confirm_by": days.map(lambda d: (d + timedelta(days=95)).isoformat()), "families": st.just(FAMILIES),
        "window": st.integers(61, 91).map(
            lambda n: {"start": "2026-10-01", "end": str(date(2026, 10, 1) + timedelta(days=n)),
                       "zone": "America/Chicago"}
        ),
        "reward": st.just({"provider": "manual", "products": ["X"]}),
        "tie_rule": st.sampled_from(["shared", "earlier_to_reach"]),
        "reversal_policy": st.sampled_from(sorted(RETURNS)),
    },
    optional={
        "cap_per_rep": amounts, "budget": amounts.map(lambda a: usd("900" + a["amount"])),
        "change_reason": st.just("funds ended"), "overrides": st.just({"public_sector": "asked on 1 May"}),
        "deal_type_rule": st.fixed_dictionaries({
            "scope": st.sampled_from(["vendor", "family", "sku"]), "party": st.just("account"),
            "source": st.just("registration"), "look_back_months": st.integers(1, 36),
        }) | st.fixed_dictionaries({
            "scope": st.sampled_from(["vendor", "family", "sku"]), "party": st.just("account"),
            "source": st.just("orders"),
        }, optional={"look_back_months": st.integers(1, 36)}),
        "rank_prizes": st.lists(st.integers(1, 9), min_size=1, max_size=3).map(
            lambda found: [usd(f"{n}.00") for n in sorted(found)[::-1]]
        ),
    },
).map(lambda d: {**d, "rank_prizes": {"layer": d["layers"][0]["id"], "amounts": d["rank_prizes"]}}
      if "rank_prizes" in d and "/" not in d["layers"][0]["id"]
      else {k: v for k, v in d.items() if k != "rank_prizes"})  # fmt: skip


# --- what the document says ---------------------------------------------------------------------------------------


def money(amount: Decimal) -> str:
    return f"{amount:.0f} USD" if amount == amount.to_integral_value() else f"{amount:.2f} USD"


def value(written: Document) -> Decimal:
    return Decimal(written["amount"])


def expected_rate(rate: Document, point: Decimal) -> tuple[str, str]:
    if "percent" in rate:
        return f"{Decimal(str(rate['percent'])).normalize():f} %", "deal"
    unit = "seat" if "per_seat" in rate else "deal"
    return money(rate[f"per_{unit}"] * point), unit


def expected_layer(layer: Document, prizes: Document | None) -> Document:
    point = value(layer["point"])
    found: Document = {
        "rates": [(rate.get("deal_type"), *expected_rate(rate, point)) for rate in layer["rates"]],
        "point": money(point),
        "asked": {},
    }
    for condition in layer.get("conditions", []):
        for kind, asked in condition.items():
            if kind == "minimum_seats":
                found["asked"]["seats"] = asked
            elif kind == "minimum_amount":
                found["asked"]["amount"] = money(value(asked))
            elif kind == "deal_type":
                found["asked"]["types"] = asked
    if "tiers" in layer:
        kind = layer.get("tier_kind", "bonus")
        found["tiers"] = [
            (kind, t["name"], t["from_points"],
             money(t["bonus_points"] * point) if kind == "bonus" else str(t["percent"]))
            for t in layer["tiers"]
        ]  # fmt: skip
    if "cap_points_per_rep" in layer:
        found["cap"] = money(layer["cap_points_per_rep"] * point)
    if "budget" in layer:
        kept = sum(map(value, prizes["amounts"])) if prizes and prizes["layer"] == layer["id"] else None
        found["budget"] = (money(value(layer["budget"])), money(Decimal(kept)) if kept else "")
    if "first_deals_per_rep" in layer:
        found["first"] = layer["first_deals_per_rep"]
    if "window" in layer:
        found["window"] = tuple(date.fromisoformat(layer["window"][end]) for end in ("start", "end"))
    if bonus := layer.get("attach_bonus"):
        found["attach"] = (money(bonus["points"] * point), bonus.get("with_family") or bonus["with_sku"])
    return found


def renewal(layer: Document) -> tuple[str, str] | None:
    asked = [c["deal_type"] for c in layer.get("conditions", []) if "deal_type" in c]
    by_type = {rate.get("deal_type"): rate for rate in layer["rates"]}
    rate = by_type.get("renewal", by_type.get(None))
    if (
        rate is None
        or any("renewal" not in types for types in asked)
        or not next(v for k, v in rate.items() if k != "deal_type")
    ):
        return None
    return expected_rate(rate, value(layer["point"]))


def products(document: Document) -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    for layer in document["layers"]:
        for condition in layer.get("conditions", []):
            for kind, names in condition.items():
                told = [(name, document["families"][name]) for name in names] if kind == "family" else names
                if kind in ("vendor", "sku", "family") and (kind, told) not in found:
                    found.append((kind, told))
    return found


def expected(document: Document) -> Document:
    selling = [layer for layer in document["layers"] if "/" not in layer["id"]]
    window = document["window"]
    prizes = document.get("rank_prizes")
    found: Document = {
        "verb": "Sell", "how": HOW[document["qualifying_date"]], "end": date.fromisoformat(window["end"]),
        "window": (*(date.fromisoformat(window[end]) for end in ("start", "end")), window["zone"]),
        "document": document["confirming_document"], "confirm_by": date.fromisoformat(document["confirm_by"]),
        "ties": document.get("tie_rule", "shared"), "returns": RETURNS[document.get("reversal_policy", "net")],
        "products": products(document),
        "layers": {layer["id"]: expected_layer(layer, prizes) for layer in document["layers"]},
        "renewals": {
            "all" if len(selling) == 1 else called(layer["id"]): renewal(layer) for layer in selling
        },
    }  # fmt: skip
    if any("seats" in layer["asked"] or "amount" in layer["asked"] for layer in found["layers"].values()):
        found["minimum"] = "A deal of exactly the minimum counts"
    if prizes:
        found["prizes"] = (prizes["layer"], [money(value(amount)) for amount in prizes["amounts"]])
    if vendors := [called(layer["id"].partition("/")[0]) for layer in document["layers"] if layer["id"][0] == "v"]:
        allowed = "public_sector" in document.get("overrides", {})
        found["public_sector"] = (allowed, list(dict.fromkeys(vendors)))
    if rule := document.get("deal_type_rule"):
        scope = {"sku": "part number"}.get(rule["scope"], rule["scope"])
        found["net_new"] = (scope, rule["source"], rule.get("look_back_months"))
    if "cap_per_rep" in document:
        found["cap"] = money(value(document["cap_per_rep"]))
    if "budget" in document:
        found["budget"] = money(value(document["budget"]))
    if "change_reason" in document:
        found["changed"] = document["change_reason"]
    return found


def called(id_: str) -> str:
    return "internal" if id_ == "internal" else id_.removeprefix("vendor:").replace("-", " ").title()


def facts_on_the_card(document: Document) -> Document:
    told = card(parse(document, id="push", version=1, effective_from=None, author="ops"))
    return read(told.sentence, told.lines)


@settings(max_examples=250, deadline=None)
@given(documents)
def test_what_is_read_from_the_card_is_what_the_document_says(document: Document) -> None:
    assert facts_on_the_card(document) == expected(document)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_the_card_of_every_example_reads_back_and_fits_a_screen(file: Path) -> None:
    """F23: at most a screen."""
    document = json.loads(file.read_text())
    facts = facts_on_the_card(document)
    if all(" " not in name for name in document.get("families", {})) and "Acme Security" not in file.read_text():
        assert facts == expected(document)
    told = card(parse(document, id="push", version=1, effective_from=None, author="ops"))
    assert len(told.lines) <= 20 and all(len(line) <= 200 for line in told.lines)
