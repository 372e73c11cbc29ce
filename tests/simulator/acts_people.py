"""What people can ask and decide in a story, one function an act (see `tests.simulator.acts`)."""

from __future__ import annotations

from typing import Any

from local.story_world import FAY, NAMES
from tests.simulator.story import MONTH
from tests.simulator.tale import ADMINS, PROGRAMS, SELLERS, Tale, documents

# After this nobody files or proposes: the last runs are near, and a refusal is no finding.
LAST_ASKED = MONTH.at(58, 0)
_DENIED = {"outcome": "denied", "reason": "rule_applied_right", "text": "as the card says"}
_NOTHING_TO_POST = {"outcome": "upheld", "reason": "data_corrected", "text": "the data was wrong"}


def _name(rep: str) -> str:
    return NAMES[rep].split()[0]


def dispute(tale: Tale, a: int, b: int, c: int) -> str:
    """A rep disputes one of her deals; now and then she clicks twice."""
    program = PROGRAMS[c % 4]
    if tale.now >= LAST_ASKED:
        return ""
    shown = ((rep, tale.ask("GET", "/me/deals?limit=200", rep, "rep")["deals"]) for rep in _from(a))
    rep, mine = next(((rep, m) for rep, deals in shown if (m := [d for d in deals if d["share"] > 0])), ("", []))
    if not mine:
        return ""
    deal = mine[b % len(mine)]
    layers = [None, *(layer["id"] for layer in documents()[program]["layers"])]
    body = {
        "registration": deal["registration"], "program": program, "layer": layers[(a + c) % len(layers)],
        "reason": "wrong_amount", "text": f"It should be {b}.",
    }  # fmt: skip
    for _ in range(1 + b % 2):
        tale.ask("POST", "/me/disputes", rep, "rep", body)
    return f"{_name(rep)} disputes {deal['number']} under {program}"


def _from(a: int) -> list[str]:
    """Everybody who sells, beginning with one."""
    return [SELLERS[(a + n) % 4] for n in range(4)]


def talk(tale: Tale, a: int, b: int, c: int) -> str:
    """A reviewer asks, the rep answers, or takes it back."""
    found = _undecided(tale, a)
    if found is None:
        return ""
    id, rep = found["id"], found["rep"]
    if b % 5 == 0:
        tale.ask("POST", f"/me/disputes/{id}/withdraw", rep, "rep", {})
        return f"{_name(rep)} takes {id} back"
    if b % 2 and found["state"] == "open":
        tale.ask("POST", f"/disputes/{id}/ask", FAY, "finance", {"text": f"Which of {c}?"})
        return f"Fay asks about {id}"
    tale.ask("POST", f"/me/disputes/{id}/answer", rep, "rep", {"text": f"Number {c}."})
    return f"{_name(rep)} answers {id}"


def decide(tale: Tale, a: int, b: int, c: int) -> str:
    """A dispute is decided, with or without something to post; what is to be posted an admin approves, or not yet."""
    found = _undecided(tale, a)
    if found is None:
        return ""
    if b % 3 == 0 or tale.now >= LAST_ASKED:
        body: dict[str, Any] = _DENIED if b % 2 else _NOTHING_TO_POST
        tale.ask("POST", f"/disputes/{found['id']}/decide", FAY, "finance", body)
        return f"{found['id']} {body['outcome']}, nothing to post"
    layer = found["layer"] or documents()[found["program"]]["layers"][0]["id"]
    if not _enrolled(tale, found["rep"], found["program"]):
        return ""
    body = {
        "outcome": "upheld", "reason": "rule_exception", "text": f"granted {c}",
        "adjustment": {"layer": layer, "points": 1 + c % 20},
    }  # fmt: skip
    told = tale.ask("POST", f"/disputes/{found['id']}/decide", FAY, "finance", body)
    if b % 4:
        _second(tale, b)
    return f"{told['id']} upheld with {1 + c % 20} points"


def adjust(tale: Tale, a: int, b: int, c: int) -> str:
    """Finance proposes points, or takes some of what was added by hand; an admin approves most of them at once."""
    rep, program = SELLERS[a % 4], PROGRAMS[b % 4]
    if tale.now >= LAST_ASKED or not _enrolled(tale, rep, program):
        return ""
    layer = documents()[program]["layers"][-1]["id"]
    has = sum(
        x["points"]
        for x in tale.ask("GET", "/adjustments", FAY, "finance")["adjustments"]
        if (x["rep"], x["program"], x["layer"]) == (rep, program, layer)
        and (x["state"] == "posted" or (x["state"] == "proposed" and x["points"] < 0))
    )
    # Taken is only what was added before, so that the facts alone allow it too, whatever came back meanwhile.
    points = -min(has, 1 + c % 9) if c % 4 == 0 and has > 0 else 1 + c % 25
    body = {
        "rep": rep, "program": program, "layer": layer, "points": points, "reason": f"reason {tale.now}",
        "evidence": "a mail",
    }  # fmt: skip
    tale.ask("POST", "/adjustments", FAY, "finance", body)
    if points < 0 or c % 3:
        _second(tale, c)
    return f"{points} points for {_name(rep)} under {program}"


def second(tale: Tale, a: int, b: int, c: int) -> str:
    """An admin approves what waits for one, or refuses it."""
    return _second(tale, a, refuse=c % 4 == 0)


def decide_all(tale: Tale) -> None:
    """Whatever waits for a person is decided: nothing more is posted."""
    while (found := _undecided(tale, 0)) is not None:
        tale.ask("POST", f"/disputes/{found['id']}/decide", FAY, "finance", _DENIED)
    while _second(tale, 0, refuse=True):
        pass


def _second(tale: Tale, a: int, *, refuse: bool = False) -> str:
    listed = tale.ask("GET", "/adjustments", FAY, "finance")["adjustments"]
    waiting = [x for x in listed if x["state"] == "proposed"]
    if not waiting:
        return ""
    found = waiting[a % len(waiting)]
    # One that takes stands on what was added before it: it is never left behind alone.
    if refuse and found["points"] > 0 and any(x["points"] < 0 for x in waiting):
        found = next(x for x in waiting if x["points"] < 0)
    if not refuse and found["points"] < 0:
        found = next((x for x in waiting if x["points"] > 0), found)
    path = f"/adjustments/{found['id']}/{'refuse' if refuse else 'approve'}"
    tale.ask("POST", path, ADMINS[a % 2], "admin", {"text": "no"} if refuse else {})
    tale.pump()
    return f"{found['points']} points for {_name(found['rep'])} {'refused' if refuse else 'approved'}"


def _undecided(tale: Tale, a: int) -> dict[str, Any] | None:
    listed = tale.ask("GET", "/disputes", FAY, "finance")["disputes"]
    waiting = [d for d in listed if d["state"] in ("open", "needs_info")]
    return waiting[a % len(waiting)] if waiting else None


def _enrolled(tale: Tale, rep: str, program: str) -> bool:
    return any(p["program"] == program for p in tale.ask("GET", "/me/standings", rep, "rep")["programs"])
