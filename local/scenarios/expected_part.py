"""What is expected: figures of people, states and reasons of deals, and what a document is refused for."""

from __future__ import annotations

from collections.abc import Collection

from chalicelib.domain.documents import Fields, nearest
from local.scenarios.facts_part import amount_of
from local.scenarios.scenario import Claim

POINTS = ("provisional", "confirmed")
WHOLE_NUMBERS = (*POINTS, "rank", "of", "deals", "to next tier")
AMOUNTS = ("payable", "paid")
TEXTS = ("tier",)
DEAL_TEXTS = ("state", "waits for", "why", "why not")


def read_expected(
    fields: Fields, people: Collection[str], deals: Collection[str], programs: Collection[str]
) -> tuple[Claim, ...]:
    """Every claim of an `expected` or `then`; the caller ends the fields."""
    found: list[Claim] = []
    if fields.has("people"):
        part = fields.child("people")
        for name in _known(part, people, 'Add her to "people".'):
            found += _figures(part.child(name), "person", name, "", programs)
    if fields.has("deals"):
        part = fields.child("deals")
        for name in _known(part, deals, "No event names this deal."):
            found += _figures(part.child(name), "deal", name, "", programs)
    for i, text in enumerate(fields.texts("errors", longest=400)):
        found.append(Claim(f"{fields.at('errors')}[{i}]", "error", "", "", "", "refused for", text))
    return tuple(found)


def _known(fields: Fields, known: Collection[str], else_: str) -> list[str]:
    for name in fields.names():
        if name not in known:
            near = nearest(name, known)
            fields.complain(
                name, "is nobody and nothing of this scenario", f'Did you mean "{near}"?' if near else else_
            )
    return [name for name in fields.names() if name in known]


def _figures(fields: Fields, of: str, who: str, program: str, programs: Collection[str]) -> list[Claim]:
    found = _own(fields, of, who, program, "")
    if fields.has("layers"):
        layers = fields.child("layers")
        for layer in layers.names():
            inner = layers.child(layer)
            found += _own(inner, of, who, program, layer)
            inner.end()
    if not program and fields.has("under"):
        under = fields.child("under")
        for name in _known(under, programs, 'Add it to "programs".'):
            found += _figures(under.child(name), of, who, name, programs)
    fields.end()
    return found


def _own(fields: Fields, of: str, who: str, program: str, layer: str) -> list[Claim]:
    """The claims of one row: of a person or a deal, under one program, in one layer or all."""
    found: list[Claim] = []

    def claim(what: str, wanted: object) -> None:
        found.append(Claim(fields.at(what), of, who, program, layer, what, str(wanted)))

    for what in WHOLE_NUMBERS if of == "person" else POINTS:
        if fields.has(what):
            claim(what, fields.integer(what, -(10**12), 10**12))
    if of == "person":
        for what in AMOUNTS:
            if fields.has(what):
                claim(what, amount_of(fields, what) or "")
        if fields.has("tier"):
            claim("tier", fields.text("tier"))
        return found
    for what in DEAL_TEXTS:
        if not fields.has(what):
            continue
        several = isinstance(fields.raw(what), list)
        for text in fields.texts(what, longest=400) if several else (fields.text(what, longest=400),):
            claim(what, text)
    return found
