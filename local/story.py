"""A month of a reseller's life, played against the running stack, every claim checked: see `local.demo`.

Each scene does what people and machines outside would do (Salesforce sends, a distributor drops, an admin clicks, a
provider answers) and then says what must be true of what a rep, finance or the provider sees. Nothing is read from
inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.story_world import (
    ADAM,
    ANA,
    BEN,
    CASH,
    CHI,
    DEALS,
    DEE,
    FAY,
    OLIVE,
    PUSH,
    TOGETHER,
    Deal,
    Month,
    Sold,
    broadmere_file,
    castellan_file,
    programs,
    record_id,
    users,
)
from local.theatre import NeverCame, Theatre, request, until

Say = Callable[[str], None]


@dataclass(slots=True)
class Story:
    """The month while it is played. `truths` collects every claim with whether it held."""

    theatre: Theatre
    month: Month
    say: Say
    truths: list[tuple[str, bool, str]] = field(default_factory=list)

    def play(self) -> None:
        """Every scene in order. A scene that cannot go on is an untruth; the later ones are still tried."""
        for scene in SCENES:
            self.say(scene.__doc__.strip().splitlines()[0] if scene.__doc__ else scene.__name__)
            try:
                scene(self)
            except (NeverCame, RuntimeError) as missing:
                self.true(scene.__name__.replace("_", " "), held=False, seen=str(missing))

    def true(self, claim: str, *, held: bool, seen: object = "") -> None:
        """Note a claim and whether it held, with what was seen instead."""
        self.truths.append((claim, held, "" if held else str(seen)))
        self.say(f"   {'✓' if held else '✗'} {claim}" + ("" if held else f" — saw {seen}"))

    def becomes(self, claim: str, look: Callable[[], Any], expected: Any) -> None:
        """Note a claim that must come true soon: `look()` equals `expected`."""
        seen: list[Any] = [None]

        def there() -> bool | None:
            seen[0] = look()
            return True if seen[0] == expected else None

        try:
            until(claim, there)
            self.true(claim, held=True)
        except NeverCame:
            self.true(claim, held=False, seen=f"{seen[0]} instead of {expected}")

    # --- what people see ----------------------------------------------------------------------------------------

    def standing(self, rep: str, program: str) -> dict[str, Any] | None:
        """What the rep's dashboard says of one program."""
        found = self.theatre.get("/me/standings", user=rep, role="rep")
        return next((p for p in found["programs"] if p["program"] == program), None)

    def points(self, rep: str, program: str) -> tuple[int, int] | None:
        """(waiting, confirmed) points of all layers together."""
        seen = self.standing(rep, program)
        if seen is None:
            return None
        layers = seen["layers"]
        return (sum(x["provisional"]["points"] for x in layers), sum(x["confirmed"]["points"] for x in layers))

    def deal(self, rep: str, deal: Deal) -> dict[str, Any] | None:
        """The deal in the rep's list."""
        found = self.theatre.get("/me/deals", user=rep, role="rep")
        return next((d for d in found["deals"] if d["number"] == deal.name), None)

    def state(self, rep: str, deal: Deal, program: str = PUSH) -> str | None:
        """The deal's state in one program."""
        seen = self.deal(rep, deal)
        return next((p["state"] for p in seen["programs"] if p["program"] == program), None) if seen else None

    def clock(self, now: datetime) -> None:
        """What the org's and the provider's clocks say from now on."""
        stamp = now.isoformat()
        self.theatre.org("PUT", "/settings", {"auto_send_s": None, "now": stamp})
        self.theatre.provider("POST", "/settings", {"now": stamp, "auto_deliver_s": 0.2})

    def tell(self, deal: Deal, status: str, *, copies: int = 1, **changed: object) -> None:
        """Save the record in Salesforce, with these fields changed, and let its outbound message out."""
        self.theatre.org("PUT", "/settings", {"auto_send_s": None})
        self.theatre.org(
            "PUT", f"/records/Deal_Registration__c/{record_id(deal.number)}", deal.record(self.month, status) | changed
        )
        self.theatre.org("POST", "/send", {"count": 100, "copies": copies})

    def feed_counts(self, distributor: str, name: str) -> dict[str, Any]:
        """The counts of a file's report, once nothing of it waits."""

        def finished() -> dict[str, Any] | None:
            report = self.theatre.report(f"reports/feeds/{distributor}/{name}.json")
            return report if report and report["state"] not in ("reading", "scoring") else None

        return until(f"the report of {name}", finished)

    def payouts(self) -> list[dict[str, Any]]:
        """What finance sees."""
        found: list[dict[str, Any]] = self.theatre.get("/payouts", user=FAY, role="finance")["payouts"]
        return found


# --- scenes -----------------------------------------------------------------------------------------------------


def the_people_exist_in_salesforce(story: Story) -> None:
    """Day 1. The sales team exists in Salesforce; nobody enrolls anybody."""
    story.clock(story.month.at(1, 8))
    for user in users(story.month, joined=False):
        story.theatre.org("PUT", f"/records/User/{user['Id']}", user)
    story.theatre.run("sweep_salesforce", story.month.at(1, 9))


def three_programs_are_activated(story: Story) -> None:
    """Three programs start: Olive writes them, Adam activates them."""
    call = story.theatre.call
    for name, document in programs(story.month).items():
        saved = call("PUT", f"/programs/{name}", user=OLIVE, role="admin", body=document)
        refused = call("POST", f"/programs/{name}/activate", user=OLIVE, role="admin", body={})
        story.true(f"{name}: its author may not activate it", held=refused.status in (403, 409, 422), seen=refused)
        started = call("POST", f"/programs/{name}/activate", user=ADAM, role="admin", body={})
        ok = saved.status in (200, 201) and started.status == 200
        story.true(f"{name} is active", held=ok, seen=(saved, started))
    broken = programs(story.month)[PUSH] | {"behavior": "sell", "window": {"start": "2026-02-30", "zone": "Mars/Base"}}
    refused = call("PUT", "/programs/broken-one", user=OLIVE, role="admin", body=broken)
    told = refused.body.get("problems", []) if isinstance(refused.body, dict) else []
    if refused.status == 200:  # a draft may be kept while it is wrong, but it says everything that is
        refused = call("POST", "/programs/broken-one/activate", user=ADAM, role="admin", body={})
        told = refused.body.get("problems", [])
    story.true("a broken document hears every problem at once", held=len(told) >= 3, seen=refused)
    seen = {p: story.points(ANA, p) for p in (PUSH, CASH, TOGETHER)}
    story.true("Ana is enrolled in all three and starts at zero", held=set(seen.values()) == {(0, 0)}, seen=seen)


def registrations_are_approved(story: Story) -> None:
    """Days 2-9. Deals are registered and approved; each message may come twice."""
    foods = DEALS["foods"]
    story.clock(story.month.at(2, 8))
    story.tell(foods, "Submitted")
    story.clock(story.month.at(9, 18))
    story.becomes(
        "a submitted deal is seen at once, before it earns anything", lambda: story.state(ANA, foods), "submitted"
    )
    for name in ("foods", "freight", "clinic", "studio", "school"):
        story.tell(DEALS[name], "Approved", copies=2 if name == "foods" else 1)
    story.becomes(
        "50 net-new seats wait with 150 points, once, though told twice", lambda: story.points(ANA, PUSH), (150, 0)
    )
    story.becomes("the same size renewal earns a third: 50 points", lambda: story.points(BEN, PUSH), (50, 0))
    story.becomes("the deal is pending until its order confirms", lambda: story.state(ANA, foods), "pending")
    story.becomes(
        "both layers of one deal, split 60/40: 66 points for Ana, 44 for Ben",
        lambda: (story.points(ANA, TOGETHER), story.points(BEN, TOGETHER)), ((66, 0), (44, 0)),
    )  # fmt: skip
    studio = story.deal(CHI, DEALS["studio"]) or {"programs": []}
    misses = [
        v["shortfall"]
        for p in studio["programs"] if p["program"] == CASH
        for layer in p["layers"] for v in layer["verdicts"] if not v["holds"]
    ]  # fmt: skip
    story.true("a miss says what would have counted", held=any("700" in m for m in misses), seen=misses or studio)


def castellan_confirms(story: Story) -> None:
    """Days 6-12. Castellan drops its file: invoices, a bad row, an order nobody registered."""
    day = story.month.day
    first = castellan_file(
        [
            Sold(DEALS["foods"], "INV-1", 50, day(6)),
            Sold(DEALS["freight"], "INV-2", 50, day(7)),
            Sold(DEALS["studio"], "INV-3", 2, day(8)),
            Sold(None, "INV-4", 5, day(9), customer="Walk-in Ltd"),
        ],
        broken=True,
    )
    story.theatre.drop("castellan", "week-1.csv", first)
    report = story.feed_counts("castellan", "week-1.csv")
    counts = report["counts"]
    right = {"scored": 3, "pending": 0, "unmatched": 1, "quarantined": 1, "duplicate": 0}
    seen = {k: counts[k] for k in right}
    story.true("4 good rows went through, 1 bad row is in quarantine", held=seen == right, seen=report)
    total = sum(seen.values()) + sum(counts["ignored"].values())
    adds_up = total == counts["in"]
    story.true("in = scored + pending + unmatched + quarantined + duplicate + ignored", held=adds_up, seen=counts)
    story.becomes("Ana's 150 points are confirmed", lambda: story.points(ANA, PUSH), (0, 150))
    story.becomes("2 of Chi's 3 seats are confirmed, 1 still waits", lambda: story.points(CHI, PUSH), (63, 6))
    state = story.state(CHI, DEALS["studio"])
    story.true('the deal reads "partly confirmed (2 of 3)"', held=state == "partly confirmed (2 of 3)", seen=state)
    orphans = story.theatre.get("/work/orphan", user=ADAM, role="admin")
    story.true(
        "the order without a registration is kept where people see it", held="INV-4" in str(orphans), seen=orphans
    )

    story.theatre.drop("castellan", "week-1-again.csv", first)
    again = story.feed_counts("castellan", "week-1-again.csv")
    story.true("the same file under another name changes nothing", held=again["state"] == "duplicate", seen=again)
    credit = castellan_file([Sold(DEALS["foods"], "CM-1", -10, day(12), "Credit Memo")])
    story.theatre.drop("castellan", "week-2.csv", credit)
    story.becomes("10 seats returned take 30 points back", lambda: story.points(ANA, PUSH), (0, 120))
    story.theatre.run("tell_salesforce", story.month.at(12, 18))
    story.theatre.org("POST", "/send", {"count": 100})  # our own changes come back as messages, and change nothing
    record = story.theatre.org("GET", f"/records/Deal_Registration__c/{record_id(DEALS['foods'].number)}")
    said = (record.get("SPIFF_State__c"), record.get("SPIFF_Worth__c"))
    story.true("the registration in Salesforce says so itself", held=said == ("confirmed", "$200.00"), seen=said)


def dee_joins_on_the_15th(story: Story) -> None:
    """Day 15. Dee starts; the sync finds her, and her first deal counts."""
    story.clock(story.month.at(15, 8))
    for user in users(story.month, joined=True):
        if user["Id"] == DEE:
            story.theatre.org("PUT", f"/records/User/{DEE}", user)
    story.theatre.run("sweep_salesforce", story.month.at(15, 9))
    story.becomes("Dee sees a zero standing the same day", lambda: story.points(DEE, PUSH), (0, 0))
    seen = story.standing(DEE, PUSH) or {}
    right = seen.get("enrolled_from") == story.month.day(15).isoformat() and bool(seen.get("card"))
    story.true("with the day she was enrolled and the rule on one card", held=right, seen=seen)
    story.clock(story.month.at(16, 11))
    story.tell(DEALS["mills"], "Approved")
    story.becomes("her deal of the 16th earns 120 points", lambda: story.points(DEE, PUSH), (120, 0))


def a_message_is_lost_and_swept_up(story: Story) -> None:
    """Day 17. That a registration was extended never arrives; the sweep finds it."""
    story.clock(story.month.at(17, 9))
    story.theatre.org("POST", "/drop", {"next": 1})
    story.tell(DEALS["school"], "Approved", Valid_Until__c=story.month.day(75).isoformat())
    swept = story.theatre.run("sweep_salesforce", story.month.at(17, 12))
    story.true("the sweep says what the messages missed", held="DR-000105" in str(swept) or _missed(swept), seen=swept)


def the_last_day(story: Story) -> None:
    """Day 30. Ana's last deal is approved at 23:00; both distributors report one more time."""
    tower, mills, clinic = DEALS["tower"], DEALS["mills"], DEALS["clinic"]
    story.clock(story.month.at(30, 23, 5))
    story.tell(tower, "Approved")
    story.becomes("100 more seats wait", lambda: story.points(ANA, PUSH), (300, 120))
    day = story.month.day
    last = castellan_file([Sold(tower, "INV-7", 100, day(30)), Sold(mills, "INV-6", 40, day(20))])
    story.theatre.drop("castellan", "week-4.csv", last)
    story.theatre.drop(
        "broadmere", "month.dat", broadmere_file([Sold(clinic, "B-1", 30, day(11))], story.month.at(20, 4))
    )
    story.becomes("everything ordered is confirmed", lambda: story.points(ANA, PUSH), (0, 420))
    story.becomes(
        "both layers confirmed", lambda: (story.points(ANA, TOGETHER), story.points(BEN, TOGETHER)), ((0, 66), (0, 44))
    )
    gap = (story.standing(DEE, PUSH) or {}).get("layers", [{}])[0].get("next_tier")
    right = bool(gap) and gap["name"] == "Gold" and gap["missing_points"] == 280
    story.true("Dee sees the gap to Gold: 280 points", held=right, seen=gap)


def the_period_closes(story: Story) -> None:
    """After the end. A feed is waited for as long as the program says, and then named as missing."""
    story.clock(story.month.ends + timedelta(hours=1))
    story.theatre.provider(
        "POST", "/faults", {"fault": "timeout_after_commit", "count": 1, "method": "POST", "path": "/orders"}
    )
    early = story.month.ends + timedelta(hours=1)
    closed = {c["program"]: c for c in _closed(story.theatre.run("close_periods", early))}
    seen = {p: story.theatre.get(f"/periods/{p}", user=FAY, role="finance") for p in (PUSH, TOGETHER)}
    story.true(
        f"{TOGETHER} waits an hour and closes, {PUSH} says it waits for castellan",
        held="castellan" in str(seen[PUSH]) and closed.get(TOGETHER, {}).get("planned") == 2, seen=(closed, seen),
    )  # fmt: skip
    late = story.month.ends + timedelta(hours=25)
    story.clock(late)
    closed = {c["program"]: c for c in _closed(story.theatre.run("close_periods", late))}
    story.true(
        "25 hours after the end the others close without it", held=closed.get(PUSH, {}).get("planned") == 4, seen=closed
    )

    period = story.theatre.get(f"/periods/{PUSH}", user=FAY, role="finance")
    run = period["runs"][0]
    body = {"run": run["run"], "digest": run["digest"]}
    refused = story.theatre.call("POST", f"/periods/{PUSH}/approve", user=OLIVE, role="finance", body=body)
    story.true("the program's author may not release its money", held=refused.status in (403, 409), seen=refused)
    approved = story.theatre.call("POST", f"/periods/{PUSH}/approve", user=FAY, role="finance", body=body)
    story.true("finance approves the run of the identity push", held=approved.status == 200, seen=approved)


def everybody_is_paid_once(story: Story) -> None:
    """The provider times out once, and still everybody is paid once."""
    # The queue pays; a payout whose outcome is unknown is sent again, same key and bytes, when the next close looks.
    for hours in (26, 27, 28, 30):
        story.clock(story.month.ends + timedelta(hours=hours))
        story.theatre.run("close_periods", story.month.ends + timedelta(hours=hours))
        try:
            until("every payout confirmed", lambda: _all_confirmed(story.payouts()), seconds=25)
            break
        except NeverCame:
            story.theatre.run("reconcile_rewards", story.month.ends + timedelta(hours=hours))
    paid = story.payouts()
    right = {
        (PUSH, ANA): 62000, (PUSH, BEN): 5000, (PUSH, CHI): 600, (PUSH, DEE): 17000,
        (CASH, ANA): 28000, (CASH, BEN): 10000, (CASH, DEE): 8000, (TOGETHER, ANA): 6600, (TOGETHER, BEN): 4400,
    }  # fmt: skip
    seen = {(p["program"], p["rep"]): p["amount_minor"] for p in paid}
    story.true("nine payouts, 1,416.00 USD in all", held=seen == right, seen=seen)
    states = {p["state"] for p in paid}
    story.true("every one is confirmed by the provider", held=states == {"confirmed"}, seen=states)
    left = story.theatre.provider("GET", "/faults")
    story.true("the provider did time out once, after it had taken the order", held=left["due"] == [], seen=left["due"])
    late = [p for p in paid if not p["within_48h"]]
    story.true("every one within 48 hours of the period's end", held=not late, seen=late)
    _ties(story, paid)


def a_late_seat_is_paid_in_a_trailing_run(story: Story) -> None:
    """Day 34. Chi's third seat is confirmed after the freeze and paid by itself."""
    story.clock(story.month.at(34, 8))
    line = Sold(DEALS["studio"], "INV-8", 1, story.month.day(33))
    story.theatre.drop("castellan", "late.csv", castellan_file([line]))
    story.feed_counts("castellan", "late.csv")
    at = story.month.at(34, 12)
    story.theatre.run("close_periods", at)
    period = story.theatre.get(f"/periods/{PUSH}", user=FAY, role="finance")
    run = next((r for r in period["runs"] if r["run"] == 1), None)
    if run is None:
        raise NeverCame(f"no trailing run: {period}")
    body = {"run": 1, "digest": run["digest"]}
    story.theatre.call("POST", f"/periods/{PUSH}/approve", user=FAY, role="finance", body=body)
    story.theatre.run("close_periods", at + timedelta(minutes=15))
    until("the trailing payout confirmed", lambda: _all_confirmed(story.payouts()))
    trailing = [(p["rep"], p["amount_minor"]) for p in story.payouts() if p["run"] == 1]
    story.true(
        "Chi gets 3.00 USD for the third seat, nobody else anything", held=trailing == [(CHI, 300)], seen=trailing
    )
    _ties(story, story.payouts())
    story.theatre.run("close_periods", at + timedelta(minutes=30))
    story.theatre.run("close_periods", at + timedelta(minutes=30))
    _ties(story, story.payouts(), "closing twice more orders nothing more")


def who_may_see_what(story: Story) -> None:
    """Nobody sees or forges what is not hers."""
    call = story.theatre.call
    asked = {
        "a rep asks for everybody's payouts": call("GET", "/payouts", user=ANA, role="rep").status,
        "a rep asks as another rep": call("GET", f"/me/deals?rep={BEN}", user=ANA, role="rep").status,
        "a forged webhook": request(
            "POST", f"{story.theatre.stack.api_url}/rewards/tremendous/webhooks", b'{"event":"ORDERS.CREATED"}',
            {"Content-Type": "application/json", "Tremendous-Webhook-Signature": "sha256=" + "0" * 64},
        ).status,
        "a message with another token": request(
            "POST", f"{story.theatre.stack.api_url}/salesforce/outbound-messages/guessed", b"<a/>",
            {"Content-Type": "text/xml"},
        ).status,
    }  # fmt: skip
    story.true("all of it is refused", held=set(asked.values()) <= {401, 403}, seen=asked)


def finance_is_told(story: Story) -> None:
    """Finance has the register, by file and by e-mail."""
    report = until("the payout register", lambda: story.theatre.report(f"reports/payouts/{PUSH}/0.json"))
    story.true("the register of the identity push ties to 846.00 USD", held="84600" in str(report), seen=report)
    sent = story.theatre.stack.aws("ses").get_send_statistics()["SendDataPoints"]
    count = sum(point["DeliveryAttempts"] for point in sent)
    story.true("finance was written to", held=count >= 3, seen=sent)


SCENES: tuple[Callable[[Story], None], ...] = (
    the_people_exist_in_salesforce,
    three_programs_are_activated,
    registrations_are_approved,
    castellan_confirms,
    dee_joins_on_the_15th,
    a_message_is_lost_and_swept_up,
    the_last_day,
    the_period_closes,
    everybody_is_paid_once,
    a_late_seat_is_paid_in_a_trailing_run,
    who_may_see_what,
    finance_is_told,
)


def _closed(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["periods"]
    return found


def _missed(swept: Any) -> bool:
    return any(report.get("missed") for report in swept.get("objects", []))


def _all_confirmed(payouts: list[dict[str, Any]]) -> bool | None:
    return True if payouts and all(p["state"] == "confirmed" for p in payouts) else None


def _ties(
    story: Story, payouts: list[dict[str, Any]], claim: str = "our payouts tie to the provider's orders to the cent"
) -> None:
    orders = story.theatre.provider("GET", "/orders")
    ours = sorted((p["key"], p["amount_minor"]) for p in payouts)
    theirs = sorted((o["external_id"], round(float(o["payment"]["subtotal"]) * 100)) for o in orders["orders"])
    story.true(claim, held=ours == theirs, seen=(ours, theirs))


def moment(text: str) -> datetime:
    """An instant of the API."""
    return datetime.fromisoformat(text)
