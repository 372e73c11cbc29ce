"""Two at once where people ask and decide: a dispute or an adjustment beside the close, or beside another person."""

from __future__ import annotations

from functools import partial

from chalicelib.domain.adjustments import Proposal
from chalicelib.domain.disputes import dispute_id
from local.story_world import ADAM, BEN, FAY, OLIVE, PUSH
from tests.simulator.asking import DOUBTED, FREIGHT, PROMISED
from tests.simulator.meeting import Meeting, asked, at, both, closed_again, done, paid, scheduled
from tests.simulator.races import Actor
from tests.simulator.stage import Stage
from tests.simulator.story import Step

AGAIN = dispute_id(PUSH, BEN, FREIGHT, 1)  # his first one he took back
_FILING = {"registration": FREIGHT, "program": PUSH, "layer": None, "reason": "other", "text": "Once more."}
_DENIAL = {"outcome": "denied", "reason": "duplicate", "text": "as before"}
LATE = Proposal(BEN, PUSH, "internal", FREIGHT, 9, "promised late", "mail of the 30th")


def proposed(proposal: Proposal) -> Actor:
    """Finance proposes it."""
    body = {name: getattr(proposal, name) or None for name in (
        "rep", "program", "layer", "registration", "points", "reason", "evidence"
    )}  # fmt: skip
    return asked("POST", "/adjustments", body, FAY, "finance")


def approved(proposal: Proposal, by: str) -> Actor:
    """Somebody approves it."""
    return asked("POST", f"/adjustments/{proposal.id(FAY)}/approve", {}, by)


files = asked("POST", "/me/disputes", _FILING, BEN, "rep")
denies = asked("POST", f"/disputes/{AGAIN}/decide", _DENIAL, FAY, "finance")


def _then(name: str, act: Actor) -> Step:
    return Step(name, partial(_acted, act=act))


def _acted(stage: Stage, *, act: Actor) -> None:
    act(stage)
    stage.pump()


PEOPLE = (
    Meeting("one deal disputed twice at once", "a second version", at(13, 9), (files, files), None),
    Meeting("an adjustment approved by two at once", "people look", both(at(21, 12), done(proposed(PROMISED))),
            (approved(PROMISED, ADAM), approved(PROMISED, OLIVE)), 3, (), paid),
    Meeting("two adjustments of one rep", "people look", both(at(21, 12), done(proposed(PROMISED), proposed(DOUBTED))),
            (approved(PROMISED, ADAM), approved(DOUBTED, ADAM)), 3),
    Meeting("a dispute is filed while its award is planned", "close, trailing", at(31, 4),
            (files, scheduled("close_periods", 31, 4)), 1,
            (_then("denied", denies), *closed_again(31, 5)), paid),
    Meeting("an adjustment is approved while the period freezes", "close, trailing",
            both(at(31, 4), done(proposed(LATE))),
            (approved(LATE, ADAM), scheduled("close_periods", 31, 4)), 1, closed_again(31, 5), paid),
    Meeting("a dispute is decided while the trailing run is planned", "trailing run", both(at(34, 12), done(files)),
            (denies, scheduled("close_periods", 34, 12)), 1, closed_again(35, 5), paid),
    Meeting("an adjustment is approved while the runs may end", "the end", both(at(63, 1), done(proposed(LATE))),
            (approved(LATE, ADAM), scheduled("close_periods", 63, 1)), 1, closed_again(63, 2), paid),
)  # fmt: skip
