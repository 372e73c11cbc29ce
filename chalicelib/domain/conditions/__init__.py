"""The conditions a layer may name: one class each, in the visible table `CONDITIONS`.

In a document a condition is an object with one field, its kind:

    {"vendor": ["Acme Security"]}
    {"minimum_amount": {"amount": "10000.00", "currency": "USD"}}
    {"any_of": [{"minimum_seats": 50}, {"vertical": ["healthcare"]}]}

What each asks is said at its class, with examples in docs/rules.md. Adding a condition is one class, one line in
`CONDITIONS`, one in the schema and one in docs/rules.md. What a person and a proof need of each is the protocol
`Condition`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from chalicelib.domain.conditions.combinations import DEEPEST, AllOf, AnyOf, Not, all_of, any_of
from chalicelib.domain.conditions.customers import CustomerSize, NoPublicSector, PublicSector, Region, Vertical
from chalicelib.domain.conditions.deals import MinimumAmount, MinimumSeats, OfDealType
from chalicelib.domain.conditions.lines import Attach, RegisteredBeforeOrder
from chalicelib.domain.conditions.products import Family, Sku, SoftwareTier, Vendor
from chalicelib.domain.conditions.subjects import (
    DEAL_WORDS,
    NO_TABLES,
    Arguments,
    Beside,
    Condition,
    Judged,
    Subject,
    Tables,
    changes_text,
    count_text,
    folded,
    money_text,
    one_of,
)
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.errors import Problem
from chalicelib.domain.programs import ConditionSpec
from chalicelib.domain.registrations import DealType

__all__ = [
    "CONDITIONS", "DEAL_WORDS", "NO_TABLES", "REPEATABLE", "AllOf", "AnyOf", "Attach", "Beside", "Condition",
    "CustomerSize", "Family", "Judged", "MinimumAmount", "MinimumSeats", "NoPublicSector", "Not", "OfDealType",
    "PublicSector", "Region", "RegisteredBeforeOrder", "Sku", "SoftwareTier", "Subject", "Tables", "Vendor", "Vertical",
    "changes_text", "condition", "count_text", "folded", "for_type", "kind_of", "leaves", "money_text", "one_of",
    "read_condition",
]  # fmt: skip

_Simple = (
    Vendor | Sku | Family | SoftwareTier | MinimumAmount | MinimumSeats | OfDealType | CustomerSize | Vertical
    | Region | PublicSector | RegisteredBeforeOrder | Attach
)  # fmt: skip
_Combined = AnyOf | AllOf | Not

CONDITIONS: dict[str, type[_Simple | _Combined]] = {
    "vendor": Vendor,
    "sku": Sku,
    "family": Family,
    "software_tier": SoftwareTier,
    "minimum_amount": MinimumAmount,
    "minimum_seats": MinimumSeats,
    "deal_type": OfDealType,
    "customer_size": CustomerSize,
    "vertical": Vertical,
    "region": Region,
    "public_sector": PublicSector,
    "registered_before_order": RegisteredBeforeOrder,
    "attach": Attach,
    "any_of": AnyOf,
    "all_of": AllOf,
    "not": Not,
}
COMBINATIONS = ("any_of", "all_of", "not")
# These may stand beside another of their kind; of the others one says it all.
REPEATABLE = (*COMBINATIONS, "attach")

_KINDS: dict[type[object], str] = {made: kind for kind, made in CONDITIONS.items()}


def condition(spec: ConditionSpec) -> Condition:
    """The condition a specification means. Raises: KeyError, TypeError for one `read_condition` did not make."""
    arguments = dict(spec.arguments)
    if spec.kind in COMBINATIONS:
        arguments["parts"] = tuple(condition(p) for p in _parts(spec))
    return CONDITIONS[spec.kind](**arguments)  # type: ignore[arg-type]


def kind_of(made: Condition) -> str:
    """What a condition is called in a document; "public sector" for the one every vendor's layer has."""
    return _KINDS.get(type(made), "public sector")


def leaves(spec: ConditionSpec) -> Iterator[ConditionSpec]:
    """The conditions that are no combinations, of this one and all inside it."""
    if spec.kind not in COMBINATIONS:
        yield spec
        return
    for part in _parts(spec):
        yield from leaves(part)


def for_type(made: Condition, deal_type: DealType) -> bool | None:
    """What a condition says of every deal of this type; None when it depends on something else."""
    if isinstance(made, OfDealType):
        return deal_type in made.types
    if not isinstance(made, _Combined):
        return None
    found = [for_type(part, deal_type) for part in made.parts]
    if isinstance(made, Not):
        return None if found[0] is None else not found[0]
    return all_of(found) if isinstance(made, AllOf) else any_of(found)


def least_seats(made: Condition) -> int:
    """A quantity below which a condition holds for no deal; 0 when there is none."""
    if isinstance(made, MinimumSeats):
        return made.seats
    return max(map(least_seats, made.parts), default=0) if isinstance(made, AllOf) else 0


def _parts(spec: ConditionSpec) -> Sequence[ConditionSpec]:
    return cast("Sequence[ConditionSpec]", dict(spec.arguments)["parts"])


def read_condition(fields: Fields, problems: list[Problem], tables: Tables = NO_TABLES) -> ConditionSpec | None:
    """One condition of a document; None when something is wrong with it, which is then reported."""
    if not fields.is_object:
        return None
    before = len(problems)
    kinds = fields.names()
    known = [k for k in kinds if k in CONDITIONS]
    for kind in kinds:
        if kind not in CONDITIONS:
            near = nearest(kind, CONDITIONS)
            hint = f' Did you mean "{near}"?' if near else ""
            remedy = f"Write one of: {', '.join(CONDITIONS)}.{hint}"
            fields.complain(kind, "is no condition", remedy, fields.raw(kind))
    if not problems[before:] and len(known) != 1:
        remedy = "Write one condition an object; several must all hold, any_of takes several of which one must."
        fields.complain("", "is not one condition", remedy, kinds)
    if len(known) != 1:
        return None
    [kind] = known
    if kind in COMBINATIONS:
        arguments = _read_parts(kind, fields, problems, tables)
    else:
        arguments = cast("type[_Simple]", CONDITIONS[kind]).read(fields, tables)
    return ConditionSpec(kind, arguments) if len(problems) == before else None


def _read_parts(kind: str, fields: Fields, problems: list[Problem], tables: Tables) -> Arguments:
    if tables.depth == DEEPEST:
        remedy = f"Nest at most {DEEPEST} deep: a rule nested deeper is one nobody reads."
        fields.complain(kind, "is nested too deep", remedy, fields.raw(kind))
        return ()
    inside = replace(tables, depth=tables.depth + 1)
    if kind == "not":
        written = [fields.child("not")]
        inside = replace(inside, negated=not tables.negated)
    else:
        written = fields.children(kind, least=2, most=10)
    parts = [read_condition(part, problems, inside) for part in written]
    return (("parts", tuple(p for p in parts if p is not None)),)
