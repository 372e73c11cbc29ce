"""Reading a card back: from its sentence and lines alone to the facts a rep relies on.

It knows nothing of programs or documents, only English as the card writes it, so what it finds is what a person finds.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

Facts = dict[str, Any]

_RATE = re.compile(r"([0-9.,]+) (%|[A-Z]{3}) (?:of the deal|a (deal|seat))(?: \(([a-z -]+)\))?")
_DAY = r"(\d{1,2} [A-Z][a-z]{2} \d{4})"
_WHOSE = r"((?: of [A-Z][A-Za-z0-9 ]*?)?(?: for the role [a-z0-9-]+)?)"
_SCOPE = "(vendor|family|part number)"
_TYPES = {"net-new": "net_new", "renewal": "renewal", "expansion": "expansion", "any other": None, None: None}


def read(sentence: str, lines: tuple[str, ...]) -> Facts:
    """Every fact of a card, as plain values: days as dates, money as texts without commas, layers by their id."""
    facts: Facts = {"layers": {}}
    _sentence(sentence, facts)
    for line in lines:
        for pattern, tell in _LINES:
            if found := re.fullmatch(pattern, line):
                tell(facts, *found.groups())
                break
        else:
            raise AssertionError(f"nobody can read this line: {line}")
    return facts


def day(text: str) -> date:
    return datetime.strptime(f"{text} +0000", "%d %b %Y %z").date()


def plain(text: str) -> str:
    return text.replace(",", "")


def layer_of(whose: str) -> str:
    by, _, role = whose.removeprefix(" of ").partition(" for the role ")
    if whose.startswith(" for the role "):
        by, role = "", whose.removeprefix(" for the role ")
    name = f"vendor:{by.lower().replace(' ', '-')}" if by else "internal"
    return f"{name}/{role}" if role else name


def term(facts: Facts, whose: str, name: str, value: object) -> None:
    facts["layers"].setdefault(layer_of(whose), {})[name] = value


def _sentence(text: str, facts: Facts) -> None:
    whole = re.fullmatch(rf"(Sell|Register) (.+?): get (.+); have it (approved|ordered|invoiced) by {_DAY}\.", text)
    assert whole is not None, f"no sentence: {text}"
    verb, what, gets, how, by = whole.groups()
    facts |= {"verb": verb, "how": how, "end": day(by)}
    for part in gets.split(" plus "):
        rates, rest = _rates_first(part)
        named = re.fullmatch(r"(?:from ([A-Z][A-Za-z0-9 ]*?))?(?:(?:^| )((?:in|for) .+))?", rest)
        assert named is not None, f"nobody can read this: {rest}"
        funder, extra = named.groups()
        whose = f" of {funder}" if funder else ""
        term(facts, whose, "rates", _rates(rates))
        term(facts, whose, "asked", _asked(" ".join(filter(None, (what, extra)))))


def _rates_first(text: str) -> tuple[str, str]:
    """The rates of a text, and what stands behind them."""
    end = max(m.end() for m in _RATE.finditer(text))
    return text[:end], text[end:].strip()


def _rates(text: str) -> list[tuple[str | None, str, str]]:
    """(deal type, amount, unit) of each rate."""
    found = []
    for amount, unit, each, kind in _RATE.findall(text):
        found.append((_TYPES[kind or None], f"{plain(amount)} {unit}", each or "deal"))
    return found


def _asked(text: str) -> Facts:
    """Conditions in the words of a sentence."""
    found: Facts = {}
    if least := re.search(r"([0-9,]+) seats or more", text):
        found["seats"] = int(plain(least[1]))
    if amount := re.search(r"of ([0-9.,]+ [A-Z]{3}) or more", text):
        found["amount"] = plain(amount[1])
    if kinds := re.search(r"in an? ((?:net-new|renewal|expansion|, | or )+) deal", text):
        found["types"] = [_TYPES[k] for k in re.findall("net-new|renewal|expansion", kinds[1])]
    return found


def _listed(text: str) -> list[str]:
    return re.split(r", | or ", text)


def _tier(kind: str) -> Any:
    def tell(facts: Facts, name: str, whose: str, points: str, value: str) -> None:
        layer = facts["layers"].setdefault(layer_of(whose), {})
        layer.setdefault("tiers", []).append((kind, name, int(plain(points)), plain(value)))

    return tell


def _overlay(facts: Facts, role: str, funder: str | None, text: str) -> None:
    rates, extra = _rates_first(text)
    whose = (f" of {funder}" if funder else "") + f" for the role {role}"
    term(facts, whose, "rates", _rates(rates))
    term(facts, whose, "asked", _asked(extra))


def _products(facts: Facts, text: str) -> None:
    """(kind, names) of every condition on products, and the SKU prefixes of the families."""
    facts["products"] = []
    for one in re.split(r"; (?![^(]*\))", text) if text != "every product" else []:
        if family := re.fullmatch(r"products of the family (.+) \(SKU (.+)\)", one):
            prefixes = [re.findall(r"([^, ]+)\.\.\.", part) for part in family[2].split("; ")]
            facts["products"].append(("family", list(zip(_listed(family[1]), prefixes, strict=True))))
        elif one.startswith("products of "):
            facts["products"].append(("vendor", _listed(one.removeprefix("products of "))))
        else:
            facts["products"].append(("sku", _listed(one)))


def _renewals(facts: Facts, text: str) -> None:
    facts["renewals"] = {}
    for one in text.split("; "):
        name, yes, paid = re.fullmatch(r"(?:([A-Za-z][A-Za-z0-9 ]*?) )??(yes|no)(?:, (.+))?", one).groups()  # type: ignore[union-attr]
        facts["renewals"][name or "all"] = _rates(paid)[0][1:] if yes == "yes" else None


def _prizes(facts: Facts, whose: str, amounts: str) -> None:
    facts["prizes"] = (layer_of(whose), [plain(a) for a in re.findall(r"[0-9.,]+ [A-Z]{3}", amounts)])


def _set(name: str, read: Any = lambda text: text) -> Any:
    return lambda facts, text="": facts.__setitem__(name, read(text))


def _of_layer(name: str, read: Any = plain) -> Any:
    return lambda facts, whose, value: term(facts, whose, name, read(value))


_LINES: list[tuple[str, Any]] = [
    (r"Products: (.+)\.", _products),
    (r"Renewals: (.+)\.", _renewals),
    (
        rf"Net-new: nothing of the same {_SCOPE} ordered in another deal of the account this quarter\.",
        lambda facts, scope: facts.update(net_new=(scope, "orders", None)),
    ),
    (
        rf"Net-new: no order of the same {_SCOPE} by the same account in the (?:(\d+) )?months? before .+\.",
        lambda facts, scope, months: facts.update(net_new=(scope, "orders", int(months or 1))),
    ),
    (
        rf"Net-new: nothing of the same {_SCOPE} bought by the account in the (?:(\d+) months|month) before, as .+\.",
        lambda facts, scope, months: facts.update(net_new=(scope, "registration", int(months or 1))),
    ),
    (
        r"Public sector: such deals earn nothing from (.+)\.",
        lambda facts, names: facts.update(public_sector=(False, _listed(names))),
    ),
    (
        r"Public sector: such deals count for (.+) too, compliance has allowed it\.",
        lambda facts, names: facts.update(public_sector=(True, _listed(names))),
    ),
    (r"(A deal of exactly the minimum counts)\.", _set("minimum")),
    (r"Credit: (automatic when the registration is approved)\.", _set("credit")),
    (
        rf"Credit: automatic. Register the deal; .* (order|invoice) arrives, dated by {_DAY}\. No claim form\.",
        lambda facts, document, by: facts.update(document=document, confirm_by=day(by)),
    ),
    (
        rf"Days: {_DAY} to {_DAY}, both count \((.+)\)\.",
        lambda facts, start, end, zone: facts.update(window=(day(start), day(end), zone)),
    ),
    (r"Ties: (equal points share the rank)\.", _set("ties", lambda _: "shared")),
    (r"Ties: (who reached the points earlier), .+", _set("ties", lambda _: "earlier_to_reach")),
    (r"Role ([a-z0-9-]+)(?: of ([A-Z][A-Za-z0-9 ]*))?: (.+), beside the split and the rank\.", _overlay),
    (rf"(\w+){_WHOSE}: at ([0-9,]+) confirmed points, (.+ [A-Z]{{3}}) once\.", _tier("bonus")),
    (
        rf"(\w+){_WHOSE}: from ([0-9,]+) confirmed points on, all of them are paid at (\d+) %, those before too\.",
        _tier("retroactive"),
    ),
    (
        rf"(\w+){_WHOSE}: confirmed points above ([0-9,]+) are paid at (\d+) %, those below as before\.",
        _tier("marginal"),
    ),
    (rf"1 point{_WHOSE} is (.+)\.", _of_layer("point")),
    (
        rf"Days{_WHOSE}: only deals of {_DAY} to {_DAY} count; paid when the program ends\.",
        lambda facts, whose, start, end: term(facts, whose, "window", (day(start), day(end))),
    ),
    (
        rf"With it{_WHOSE}: (.+) more for a deal that also holds (.+)\.",
        lambda facts, whose, more, what: term(facts, whose, "attach", (plain(more), _listed(what))),
    ),
    (rf"First deals{_WHOSE}: only your first (deal|[0-9,]+) (?:deals are|is) paid, by the date they qualify\.",
     _of_layer("first", lambda text: 1 if text == "deal" else int(plain(text)))),
    (rf"Cap{_WHOSE}: at most (.+) a rep\.", _of_layer("cap")),
    (
        rf"Budget{_WHOSE}: (.+?) in all(?:, (.+) of it kept for prizes)?, in the order deals qualified\.",
        lambda facts, whose, budget, kept: term(facts, whose, "budget", (plain(budget), plain(kept or ""))),
    ),
    (r"Cap in all: at most (.+) a rep from this program\.", _set("cap", plain)),
    (r"Budget in all: (.+) from all layers, in the order deals qualified\.", _set("budget", plain)),
    (rf"Prizes{_WHOSE}: (.+) for the first places when the program ends, .+", _prizes),
    (r"Earned: when .+ by (?:order|invoice), net of returns; (.+)\.", _set("returns")),
    (r"Earned: when the registration is approved; (.+)\.", _set("returns")),
    (r"Changed: (.+)", _set("changed")),
]  # fmt: skip
