"""A reseller of forty reps on the running stack: their deals, their distributor's files, and who works in finance."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from local.story_world import (
    ADAM,
    FAY,
    OLIVE,
    ZONE,
    Deal,
    Month,
    Sold,
    castellan_file,
    record_id,
    user_id,
)
from local.theatre import NeverCame, Theatre, until

PROGRAM = "forty-reps"
REPS = tuple(user_id(f"R{n:02}") for n in range(40))
BUDGET = 3000_00  # cents; the internal layer alone would pay 3,540 dollars


def email_of(rep: str) -> str:
    """The address Salesforce has of a rep."""
    return f"rep{REPS.index(rep)}@harborline.example"


def base_deal(n: int) -> Deal:
    """Rep n's deal of the month; the later ones exhaust the budget. Every tenth is split with the next rep."""
    split = ((REPS[n], 60), (REPS[n + 1], 40)) if n % 10 == 0 else ((REPS[n], 100),)
    return Deal(1000 + n, f"Customer {n}", "VRD-ID-ENT", "Veridane", 10 + n, "Net New", split, 2 + n // 2)


def late_deal(n: int) -> Deal:
    """A second deal of rep n that is confirmed only after the end."""
    return Deal(2000 + n, f"Late {n}", "VRD-ID-STD", "Veridane", 7 + n, "Renewal", ((REPS[n], 100),), 9)


def vendor_cents(seats: int) -> int:
    """What the vendor's layer pays for a deal: 1.25 % of 100 dollars a seat, half up to the cent."""
    return int((Decimal(seats * 10_000) * Decimal("0.0125")).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(slots=True)
class Reseller:
    """The forty on one stack; `hours` is how far past the end of the month the clock stands."""

    theatre: Theatre
    month: Month
    hours: float = 25

    # --- the month ----------------------------------------------------------------------------------------------

    def play_the_month(self) -> None:
        """People, program, registrations, and the distributor's file: everything but the late deals is confirmed."""
        self.begin()
        self.register([base_deal(n) for n in range(40)] + [late_deal(n) for n in range(12)])
        self.theatre.org("POST", "/send", {"count": 100})
        lines = [
            Sold(base_deal(n), f"F-{n}", base_deal(n).seats, self.month.day(25), sku="VRD-ID-ENT") for n in range(40)
        ]
        self.drop("forty.csv", lines)

    def begin(self) -> None:
        """The people are known and the program is active; it is the 28th."""
        self.clock(self.month.at(1, 8))
        for id, name, email, department in (
            *((rep, f"Rep {n}", email_of(rep), "Sales") for n, rep in enumerate(REPS)),
            *((boss, "Boss", f"{boss[-6:].lower()}@harborline.example", "Operations") for boss in (OLIVE, ADAM, FAY)),
        ):
            self.theatre.org("PUT", f"/records/User/{id}", {
                "Id": id, "Name": name, "Email": email, "IsActive": True, "UserType": "Standard", "Country": "US",
                "Department": department, "TimeZoneSidKey": ZONE, "CreatedDate": "2025-01-01T00:00:00.000Z",
            })  # fmt: skip
        self.theatre.run("sweep_salesforce", self.month.at(1, 9))
        saved = self.theatre.call("PUT", f"/programs/{PROGRAM}", user=OLIVE, role="admin", body=self.document())
        started = self.theatre.call("POST", f"/programs/{PROGRAM}/activate", user=ADAM, role="admin", body={})
        assert (saved.status, started.status) == (200, 200), (saved, started)
        self.clock(self.month.at(28))

    def register(self, deals: Sequence[Deal]) -> None:
        """The deals are approved in Salesforce; their messages wait until they are sent."""
        for deal in deals:
            record = deal.record(self.month, "Approved")
            self.theatre.org("PUT", f"/records/Deal_Registration__c/{record_id(deal.number)}", record)

    def document(self) -> dict[str, Any]:
        """Two layers: dollars a seat within a budget, and a vendor's percentage that pays odd cents."""

        def usd(amount: str) -> dict[str, str]:
            return {"amount": amount, "currency": "USD"}

        return {
            "name": "Forty reps", "behaviour": "product_sold", "qualifying_date": "registration_approved",
            "confirming_document": "invoice", "confirm_by": self.month.day(60).isoformat(), "feeds": ["castellan"],
            "window": {"start": self.month.day(1).isoformat(), "end": self.month.day(30).isoformat(), "zone": ZONE},
            "reward": {"provider": "tremendous", "products": ["OKMHM2X2OHYV"]}, "audience": ["Sales"],
            "lift_plan": {"design": "prior_period_raw", "against": "the thirty days before"},
            "families": {"identity": ["VRD-ID"]},
            "layers": [
                {
                    "id": "internal", "payer_of_record": "Harborline IT LLC", "tax_treatment": "employer_wages",
                    "point": usd("1.00"), "rates": [{"deal_type": "net_new", "per_seat": 3}], "budget": usd("3000.00"),
                    "conditions": [{"family": ["identity"]}],
                },
                {
                    "id": "vendor:veridane", "payer_of_record": "Veridane Inc.", "tax_treatment": "vendor_other_income",
                    "point": usd("0.01"), "rates": [{"percent": 1.25}], "conditions": [{"vendor": ["Veridane"]}],
                },
            ],
        }  # fmt: skip

    def drop(self, name: str, lines: list[Sold]) -> None:
        """Drop a file of the distributor and wait until all its lines are scored."""
        self.theatre.drop("castellan", name, castellan_file(lines))

        def scored() -> bool | None:
            report = self.theatre.report(f"reports/feeds/castellan/{name}.json")
            return True if report and report["counts"]["scored"] == len(lines) else None

        until(f"{name} scored", scored)

    def invoice_late(self, *numbers: int) -> None:
        """The late deals of these reps are invoiced now, after the end."""
        lines = [Sold(late_deal(n), f"L-{n}", late_deal(n).seats, self.month.day(31)) for n in numbers]
        self.drop(f"late-{numbers[0]}.csv", lines)

    # --- the clock and the functions ----------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The moment the clock stands at."""
        return self.month.ends + timedelta(hours=self.hours)

    def clock(self, now: datetime) -> None:
        """What the org's and the provider's clocks say."""
        self.theatre.org("PUT", "/settings", {"auto_send_s": None, "now": now.isoformat()})
        self.theatre.provider("POST", "/settings", {"now": now.isoformat(), "auto_deliver_s": 0.1})

    def close(self, *, at_once: int = 1) -> None:
        """Run `close_periods` now, several at the same moment when asked."""
        self.clock(self.now)
        with ThreadPoolExecutor(at_once) as pool:
            for run in [pool.submit(self.theatre.run, "close_periods", self.now) for _ in range(at_once)]:
                run.result()

    def later(self, hours: float = 1) -> None:
        """Let the clock go on."""
        self.hours += hours

    def release(self, run: int) -> Any:
        """Finance looks at a run and releases exactly that."""
        return self.approve(FAY, run)

    def approve(self, user: str, run: int) -> Any:
        """Somebody with the role finance tries to release a run."""
        digest = next(r["digest"] for r in self.period()["runs"] if r["run"] == run)
        body = {"run": run, "digest": digest}
        return self.theatre.call("POST", f"/periods/{PROGRAM}/approve", user=user, role="finance", body=body)

    # --- what people see ----------------------------------------------------------------------------------------

    def period(self) -> dict[str, Any]:
        """The period as finance sees it."""
        found: dict[str, Any] = self.theatre.get(f"/periods/{PROGRAM}", user=FAY, role="finance")
        return found

    def payouts(self, run: int | None = None) -> list[dict[str, Any]]:
        """GET /payouts, of one run when asked."""
        found = self.theatre.get(f"/payouts?program={PROGRAM}", user=FAY, role="finance")["payouts"]
        return [p for p in found if run is None or p["run"] == run]

    def states(self, run: int) -> dict[str, str]:
        """Rep -> state of her payout in that run."""
        return {p["rep"]: p["state"] for p in self.payouts(run)}

    def orders(self) -> dict[str, dict[str, Any]]:
        """What the provider holds, by our key; more than one order under a key is more than one list entry."""
        found = self.theatre.provider("GET", "/orders")["orders"]
        by_key = {o["external_id"]: o for o in found}
        assert len(by_key) == len(found), "two orders under one key"
        return by_key

    def ties(self) -> None:
        """GET /payouts and the provider's orders are the same keys and the same cents. Raises: AssertionError."""
        ours = {p["key"]: p["amount_minor"] for p in self.payouts() if p["amount_minor"]}
        keys = self.orders()
        theirs = {k: int((Decimal(str(o["payment"]["subtotal"])) * 100).to_integral_exact()) for k, o in keys.items()}
        assert ours == {k: v for k, v in theirs.items() if k in ours}
        assert set(ours) <= set(theirs)

    def settled(self, run: int, *, closes: int = 14) -> None:
        """Close and poll, an hour at a time, until every payout of the run is confirmed."""
        for _ in range(closes):
            try:
                until("confirmed", lambda: True if set(self.states(run).values()) == {"confirmed"} else None, seconds=5)
            except NeverCame:
                self.later()
                self.close()
                self.theatre.run("reconcile_rewards", self.now)
            else:
                return
        raise NeverCame(f"run {run}: {self.states(run)}")
