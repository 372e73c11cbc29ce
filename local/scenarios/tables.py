"""A scenario that ran, as text: every deal with its proof, the standings, and whether what was expected came true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chalicelib.domain.errors import NotFound
from chalicelib.domain.registrations import Registration
from chalicelib.services.deal_answers import LayerAward, ProgramAward
from local.scenarios.checking import deal_named
from local.scenarios.running import Ran
from local.scenarios.scenario import Joins, Scenario

WIDEST = 60  # characters of a column; a longer text is a paragraph, not a cell


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> Iterator[str]:
    """Rows as aligned columns; cells wider than `WIDEST` let the rest of their row stand further right."""
    widths = [
        min(max([len(h), *(len(row[i]) for row in rows)]), WIDEST) for i, h in enumerate(headings)
    ]  # fmt: skip
    for row in [headings, ["-" * width for width in widths], *rows]:
        yield (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()


def report(ran: Ran) -> Iterator[str]:
    """The lines of the report."""
    scenario = ran.scenario
    yield f"# {scenario.title}"
    yield f"proves {', '.join(scenario.proves)}"
    for error in ran.errors:
        yield f"  refused: {error}"
    if not ran.errors:
        yield from _deals(ran)
        yield from _standings(ran)
    yield ""
    yield "Expected"
    for found in ran.found:
        yield f"  {'as expected' if found.holds else 'NOT SO     '}  {found.told()}"
    for number, difference in enumerate(ran.orders, start=1):
        if difference:
            yield f"  NOT SO       told in another order ({number}), it ends differently: {difference}"
    if not ran.errors and not any(ran.orders):
        yield f"  as expected  the same end in {len(ran.orders)} other orders, every fact told twice"
    yield ""


def _deals(ran: Ran) -> Iterator[str]:
    for name in _named(ran.scenario):
        deal = deal_named(ran.scenario, name)
        try:
            view = ran.reseller.deal(deal, ran.scenario.ends_at)
        except NotFound:
            yield from ("", f"{name}: nobody sees this deal")
            continue
        what = f"{view.quantity:,} x {view.sku or view.family or 'something'}"
        kind = (view.deal_type or "no deal type").replace("_", "-")
        amount = f" for {view.amount}" if view.amount else ""
        yield from ("", f"{name}, {view.account_name}: {what}{amount}, {kind}")
        if not view.programs:
            yield f"  {view.state}; waits for {view.waits_for}"
        for award in view.programs:
            yield from _award(award)


def _award(award: ProgramAward) -> Iterator[str]:
    yield f"  under {award.name}: {award.state}; waits for {award.waits_for}"
    for layer in award.layers:
        yield from _proof(layer)


def _proof(layer: LayerAward) -> Iterator[str]:
    yield f"    {layer.layer}: {layer.provisional.points:,} provisional, {layer.confirmed.points:,} confirmed points"
    rows = [["yes" if v.holds else "NO", v.condition, v.value, v.threshold, v.shortfall] for v in layer.verdicts]
    yield from table(["", "condition", "the deal", "asked", "smallest change, or what is open"], rows, "      ")
    yield f"      provisional: {layer.provisional_because}"
    yield f"      confirmed: {layer.confirmed_because}"
    if layer.note:
        yield f"      note: {layer.note}"


def _standings(ran: Ran) -> Iterator[str]:
    now = ran.scenario.ends_at
    for program in ran.reseller.active():
        rules = ran.reseller.ruling(program, now)
        rows = []
        for person in _people(ran.scenario):
            view = ran.reseller.standing(person, program, now)
            if view is None:
                rows.append([person, "not enrolled", *[""] * 6])
                continue
            for x in view.layers:
                reached = [t.name for t in rules.layer(x.layer).tiers if x.confirmed.points >= t.from_points]
                paid = ran.reseller.paid(person, program)
                rows.append(
                    [person, x.layer, f"{x.provisional.points:,}", f"{x.confirmed.points:,}", str(x.payable),
                     reached[-1] if reached else "", str(view.rank.rank), f"{paid / 100:,.2f}" if paid else ""]
                )  # fmt: skip
        yield from ("", f"Standings of {rules.name}")
        yield from table(["who", "layer", "provisional", "confirmed", "payable", "tier", "rank", "paid"], rows)


def _named(scenario: Scenario) -> Iterable[str]:
    return dict.fromkeys(h.fact.number for h in scenario.happenings if isinstance(h.fact, Registration))


def _people(scenario: Scenario) -> Iterable[str]:
    joined = [h.fact.name for h in scenario.happenings if isinstance(h.fact, Joins)]
    return [*(p.name for p in scenario.people), *joined]
