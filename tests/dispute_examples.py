"""Real answers about disputes and adjustments: examples of the OpenAPI document, from filing to what is posted.

What a reviewer asks or decides is answered with the whole dispute, as `GET /disputes/{dispute}` is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.services.dispute_views import DisputeDesk
from tests.builders import ANA, BEN
from tests.services.office import FAY, GUS, Office

FILED = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def dispute_examples() -> dict[str, Any]:
    """Answer by operation id."""
    office = Office()
    desk = DisputeDesk(office.disputes, office.adjustments, office.programs, office.money)
    hours = [FILED + timedelta(hours=n) for n in range(8)]
    filed = office.files(text="The order was for 60 seats.", now=hours[0])
    found: dict[str, Any] = {"fileDispute": desk.shown(filed)}
    office.disputes.ask(filed.id, GUS, "Which order do you mean?", hours[1])
    found["answerDispute"] = desk.shown(office.disputes.answer(filed.id, ANA, "It is order PO-778.", hours[2]))
    found["disputes"] = desk.listed("open", hours[3])
    office.disputes.decide(
        filed.id, GUS, "upheld", "rule_exception", "The card was changed too late.",
        {"layer": "internal", "points": 50}, hours[4],
    )  # fmt: skip
    [proposed] = desk.adjustments.all(["security-push"], "proposed")
    found["proposeAdjustment"] = desk.adjustment(proposed)
    found["approveAdjustment"] = desk.adjustment(office.adjustments.approve(proposed.id, FAY, hours[5]))
    second = office.adjustments.propose(office.proposal(rep=BEN, registration="", points=-20), FAY, hours[5])
    found["refuseAdjustment"] = desk.adjustment(
        office.adjustments.refuse(second.id, GUS, "Nothing of the kind was promised.", hours[6])
    )
    other = office.files(registration="a0D5w00000REG02EAA", reason="other", text="Asked in the call.", now=hours[6])
    found["withdrawDispute"] = desk.shown(office.disputes.withdraw(other.id, ANA, hours[7]))
    return found | {
        "myDisputes": desk.mine(ANA),
        "dispute": desk.one(filed.id, hours[7]),
        "adjustments": desk.adjustments_in(""),
    }
