"""The part of the month in which people ask: disputes and adjustments, filed, answered, decided, approved."""

from __future__ import annotations

from chalicelib.domain.adjustments import Proposal
from chalicelib.domain.disputes import dispute_id
from local.story_world import ADAM, ANA, BEN, FAY, PUSH, record_id
from tests.simulator.month import MONTH
from tests.simulator.stage import Stage

FOODS, FREIGHT = record_id(101), record_id(102)
ANAS = dispute_id(PUSH, ANA, FOODS, 0)
BENS = dispute_id(PUSH, BEN, FREIGHT, 0)
PROMISED = Proposal(BEN, PUSH, "internal", FREIGHT, 12, "promised before the card changed", "mail of the 3rd")
DOUBTED = Proposal(BEN, PUSH, "internal", "", 40, "worked late", "he says so")
UPHELD = "The order was for more seats than the file says."
GRANTED = Proposal(ANA, PUSH, "internal", FOODS, 7, UPHELD, f"dispute {ANAS}: rule_exception", ANAS)


def disputed(stage: Stage) -> None:
    """Ana and Ben dispute a deal each; Ana clicks twice, is asked, and answers; Ben takes it back."""
    stage.at(MONTH.at(22, 11))
    for rep, deal in ((ANA, FOODS), (ANA, FOODS), (BEN, FREIGHT)):
        body = {"registration": deal, "program": PUSH, "layer": None, "reason": "wrong_amount", "text": "It was more."}
        stage.ask("POST", "/me/disputes", user=rep, role="rep", body=body)
    stage.ask("POST", f"/disputes/{ANAS}/ask", user=FAY, role="finance", body={"text": "Which order?"})
    stage.ask("POST", f"/me/disputes/{ANAS}/answer", user=ANA, role="rep", body={"text": "INV-1"})
    stage.ask("POST", f"/me/disputes/{BENS}/withdraw", user=BEN, role="rep", body={})
    stage.ask("GET", "/me/disputes", user=ANA, role="rep")
    stage.ask("GET", "/disputes?state=open", user=FAY, role="finance")
    stage.ask("GET", f"/disputes/{ANAS}", user=FAY, role="finance")


def promised(stage: Stage) -> None:
    """Finance proposes two adjustments for Ben; an admin approves one and refuses the other."""
    stage.at(MONTH.at(23, 9))
    for proposal in (PROMISED, DOUBTED):
        body = {name: getattr(proposal, name) for name in ("rep", "program", "layer", "points", "reason", "evidence")}
        body |= {"registration": proposal.registration} if proposal.registration else {}
        stage.ask("POST", "/adjustments", user=FAY, role="finance", body=body)
    stage.ask("POST", f"/adjustments/{PROMISED.id(FAY)}/approve", user=ADAM, role="admin", body={})
    refusal = {"text": "nothing of the kind was promised"}
    stage.ask("POST", f"/adjustments/{DOUBTED.id(FAY)}/refuse", user=ADAM, role="admin", body=refusal)
    stage.ask("GET", "/adjustments?state=posted", user=FAY, role="finance")
    stage.pump()


def decided(stage: Stage) -> None:
    """After the freeze Ana's dispute is upheld and what it grants approved: both are paid by a trailing run."""
    stage.at(MONTH.at(33, 10))
    decision = {
        "outcome": "upheld", "reason": "rule_exception", "text": UPHELD,
        "adjustment": {"layer": GRANTED.layer, "points": GRANTED.points},
    }  # fmt: skip
    stage.ask("POST", f"/disputes/{ANAS}/decide", user=FAY, role="finance", body=decision)
    stage.ask("POST", f"/adjustments/{GRANTED.id(FAY)}/approve", user=ADAM, role="admin", body={})
    stage.pump()
