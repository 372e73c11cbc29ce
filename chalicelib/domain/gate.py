"""What keeps a program from being activated, or a change of an active one from taking effect: every reason at once.

A SPIFF is one behaviour, a hard end, about a quarter at most, a way to tell whether it worked, and two people
(domain.md 28, 31). Finance must know who pays and how it is taxed (domain.md 25). A rich rule is allowed but priced:
what costs too long to read needs a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from chalicelib.domain.calendar import day_text
from chalicelib.domain.cards import Card, card
from chalicelib.domain.errors import Problem
from chalicelib.domain.exposure import targets
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.salesforce_values import same_person

LONGEST_DAYS = 92  # the longest calendar quarter
LONGEST_DAYS_EVER = 366  # beyond a year no reason makes an end out of it (F18)
LONGEST_READ_SECONDS = 12  # above this a rep sells whatever is easiest instead (F23, F34)
LEAST_SCORE = 40  # of legibility: below it the card is terms, not a sentence (F22)


def reasons_against(program: Program, approver: str | None, today: date) -> list[Problem]:
    """Everything that keeps this version from being activated by `approver` on `today` (local day of the program).

    `approver` None leaves the person open: for showing an author what is still missing. An empty list: it may start.
    """
    overrides = dict(program.overrides)
    found: list[Problem] = []

    def unless(holds: bool, path: str, message: str, remedy: str, value: object = "") -> None:
        if not holds:
            found.append(Problem(path, message, remedy, str(value)))

    if approver is not None:
        unless(bool(approver), "approver", "is missing", "A second person must activate the program.")
        unless(
            not approver or not same_person(approver, program.author), "approver", "is the author of the draft",
            "Ask someone other than the author to activate it.", approver,
        )  # fmt: skip
    window = program.window
    unless(
        window.days() <= LONGEST_DAYS or "window" in overrides, "window", f"is {window.days()} days long",
        f'End it within {LONGEST_DAYS} days, or say why not in "overrides": {{"window": "..."}}.', window.days(),
    )  # fmt: skip
    unless(
        window.days() <= LONGEST_DAYS_EVER, "window", "has no end in sight: it becomes a baseline, not a nudge (F18)",
        f"End it within {LONGEST_DAYS_EVER} days; no reason makes it longer.", window.days(),
    )  # fmt: skip
    unless(
        window.end >= today, "window.end", f"is over: it ended on {day_text(window.end)}",
        "Set an end that is still to come.", window.end,
    )  # fmt: skip
    unless(
        program.confirm_by >= window.end, "confirm_by", "is before the window's end",
        f"Set it to {window.end} or later: deals of the last day must still be confirmed.", program.confirm_by,
    )  # fmt: skip
    unless(
        ":" in program.lift_plan, "lift_plan", "is not complete" if program.lift_plan else "is missing",
        "Name how the lift will be measured before a dollar is spent: a design, and against what (or why not).",
        program.lift_plan,
    )  # fmt: skip
    unless(
        bool(program.reward.products), "reward.products", "is empty", "Name at least one product reps can be paid with."
    )
    unless(
        bool(program.feeds) or program.behaviour == "deal_registered", "feeds", "is empty",
        "Name the distributors whose files must be complete before the period closes.",
    )  # fmt: skip
    _layers(program, unless)
    read = card(program)
    unless(
        legible(read) or "complexity" in overrides, "layers",
        f"take {read.seconds} seconds to read ({read.parts} conditions and tiers); legibility {read.score} of 100",
        f"Drop conditions or tiers until it is {LONGEST_READ_SECONDS} seconds and {LEAST_SCORE}, or say why not in "
        '"overrides": {"complexity": "..."}.', read.parts,
    )  # fmt: skip
    return found


def legible(read: Card) -> bool:
    """Is a card short enough to be read before a deal conversation?"""
    return read.seconds <= LONGEST_READ_SECONDS and read.score >= LEAST_SCORE


def _layers(program: Program, unless: Callable[[bool, str, str, str], None]) -> None:
    for i, layer in enumerate(program.layers):
        unless(
            bool(layer.payer_of_record), f"layers[{i}].payer_of_record", "is missing",
            "Name the company that pays this layer, as finance books it.",
        )  # fmt: skip
        unless(
            bool(layer.tax_treatment), f"layers[{i}].tax_treatment", "is missing",
            "Write employer_wages or vendor_other_income: finance decides.",
        )  # fmt: skip
        everything = "everything" in targets(replace(program, layers=(layer,)))
        unless(
            not (everything and is_rebate(layer)), f"layers[{i}]", "is a rebate: volume on every product (F06, F50)",
            "A SPIFF moves one product or behaviour: name SKUs, families or a vendor. A margin return on everything a "
            "partner sells belongs into its price agreement.",
        )  # fmt: skip
        unless(
            any(rate.points or rate.hundredths for rate in layer.rates), f"layers[{i}].rates", "pay nothing",
            "Give at least one type of deal a rate above zero.",
        )  # fmt: skip


def is_rebate(layer: Layer) -> bool:
    """Does a layer return margin on volume instead of rewarding one behaviour? A percentage, or tiers that lift every
    point, on whatever is sold: that is a rebate, paid to firms and negotiated with them (F06, F50)."""
    lifts = bool(layer.tiers) and layer.tier_kind != "bonus"
    return lifts or any(rate.kind == "percent" for rate in layer.rates)


def reasons_against_change(old: Program, new: Program, today: date) -> list[Problem]:
    """Everything that keeps `new` from following the active version `old`.

    Before the window opens anything may change. From then on the terms reps already work under stay: the end may move
    either way with a reason they can read, never after it has passed (domain.md 3, 38); rates and conditions change
    for deals that qualify from the new version's first day.
    """
    found: list[Problem] = []
    if today < old.window.start:
        return found
    if today > old.window.end:
        ended = day_text(old.window.end)
        return [
            Problem("window.end", f"the program ended on {ended}: a closed program cannot change",
                    "Make a new program.", str(new.window.end))
        ]  # fmt: skip
    moved = [
        name
        for name, before, after in (
            ("window.end", old.window.end, new.window.end),
            ("confirm_by", old.confirm_by, new.confirm_by),
        )
        if before != after
    ]
    days = {layer.id: layer.window for layer in old.layers}
    moved += [f"layers[{i}].window" for i, x in enumerate(new.layers) if days.get(x.id, x.window) != x.window]
    if moved and (not new.change_reason or new.change_reason == old.change_reason):
        remedy = 'Say why in "change_reason": reps read it on their card.'
        found += [Problem(name, "is moved without a reason", remedy) for name in moved]
    fixed: list[tuple[str, object, object]] = [
        ("behaviour", old.behaviour, new.behaviour),
        ("window.start", old.window.start, new.window.start),
        ("window.zone", old.window.zone, new.window.zone),
        ("qualifying_date", old.qualifying_date, new.qualifying_date),
        ("confirming_document", old.confirming_document, new.confirming_document),
        ("reversal_policy", old.reversal_policy, new.reversal_policy),
        ("tie_rule", old.tie_rule, new.tie_rule),
        ("rank_prizes", old.rank_prizes, new.rank_prizes),
    ]
    for name, before, after in fixed:
        if before != after:
            found.append(Problem(name, "cannot change once the window is open", f"Keep {before}.", str(after)))
    kept = {layer.id: layer for layer in new.layers}
    found += [
        Problem("layers", f"the tiers of {layer.id} change their kind while the window is open",
                f"Keep {layer.tier_kind}: reps work towards it.", kept[layer.id].tier_kind)
        for layer in old.layers
        if layer.tiers and layer.id in kept and kept[layer.id].tier_kind != layer.tier_kind
    ]  # fmt: skip
    for layer in old.layers:
        if layer.id not in kept:
            remedy = "Keep it; to stop paying, give it a rate of 0 for the deals to come."
            found.append(Problem("layers", f"{layer.id} is gone while the window is open", remedy, layer.id))
        elif kept[layer.id].point != layer.point:
            remedy = f"Keep {layer.point}: points already earned are worth that."
            found.append(
                Problem("layers", f"a point of {layer.id} changes its worth", remedy, str(kept[layer.id].point))
            )
    return found
