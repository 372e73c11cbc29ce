"""Two at once: invocations on the same deal, rep, period, payout or program."""

from __future__ import annotations

from local.story_world import CASH, PUSH
from tests.simulator.meeting import (
    Meeting,
    activated,
    asked,
    at,
    both,
    chunks,
    clinic,
    closed_again,
    delivering,
    done,
    drafted,
    hook,
    message,
    nothing,
    one_payout_waits,
    paid,
    saved,
    scheduled,
    send,
    sold,
    twice,
)
from tests.simulator.story import MONTH

INVOICE = sold("freight", "INV-2", 50, 7)
CREDIT = sold("freight", "CM-9", -10, 8, "Credit Memo")
FEWER = sold("freight", "INV-2", 40, 7)
OTHER = sold("foods", "INV-1", 50, 6)
MEMO = sold("foods", "CM-1", -10, 12, "Credit Memo")
ALIAS = {"distributor": "castellan", "kind": "sku", "code": "VRDIDEOLD", "sku": "VRD-ID-ENT"}
ENDED = ALIAS | {"valid_to": MONTH.day(10).isoformat()}
EARLY = sold("early", "INV-20", 10, 15)
_OVER = {"decision": "retire", "reason": "it is over"}
LATE = sold("foods", "CM-3", -5, 64, "Credit Memo")
SECOND = "second-push"
AGAIN = {"name": "A second push"}

# What writes the core.
SCORING = (
    Meeting("two lines of one deal", "week 1", chunks(("a.csv", INVOICE), ("b.csv", CREDIT)),
            (message(0), message(1)), None),
    Meeting("two lines of one deal, reads torn", "week 1", chunks(("a.csv", INVOICE), ("b.csv", CREDIT)),
            (message(0), message(1)), 2, torn=True),
    Meeting("one chunk delivered twice at once", "week 1", chunks(("a.csv", INVOICE), ("b.csv", INVOICE)),
            (message(0), message(0)), None),
    Meeting("an invoice and its correction", "week 1", chunks(("a.csv", INVOICE), ("b.csv", FEWER)),
            (message(0), message(1)), None),
    Meeting("two deals of two reps", "week 1", chunks(("a.csv", INVOICE), ("b.csv", OTHER)),
            (message(0), message(1)), None),
    Meeting("an order and its registration", "freight approved",
            both(chunks(("a.csv", INVOICE)), saved("freight")), (message(0), send), 4),
    Meeting("an order and its registration, reads torn", "freight approved",
            both(chunks(("a.csv", INVOICE)), saved("freight")), (message(0), send), 2, torn=True),
    Meeting("an order and a registration that moves to another account", "week 1",
            both(chunks(("a.csv", INVOICE)), saved("freight", Account__c="001KCK000000999")),
            (message(0), send), 4),
    Meeting("an order that two accounts claim, and the second claim", "week 1",
            both(chunks(("a.csv", INVOICE)), saved("freight", as_="void", Account__c="001KCK000000999")),
            (message(0), send), 3),
    Meeting("the two sides of a deal that moves, reads torn", "week 1",
            both(chunks(("a.csv", INVOICE)), saved("freight", Account__c="001KCK000000999")),
            (message(0), send), 2, torn=True),
)  # fmt: skip

# What changes while deals are scored.
CHANGING = (
    Meeting("a program is activated while a line of it is scored", "week 1",
            both(at(9, 9), chunks(("a.csv", INVOICE)), drafted(SECOND, PUSH, **AGAIN)),
            (activated(SECOND), message(0)), 1),
    Meeting("a program is activated while a registration of it is scored", "freight approved",
            both(at(3, 11), drafted(SECOND, PUSH, **AGAIN), saved("freight")), (activated(SECOND), send), 1),
    Meeting("a new version is activated while a credit of it is scored", "credit memo",
            both(at(13, 9), chunks(("a.csv", MEMO)), drafted(CASH, CASH, change_reason="the vendor pays more")),
            (activated(CASH), message(0)), 1),
    Meeting("deals are settled again while a line of one is scored", "week 1",
            both(at(9, 9), drafted(SECOND, PUSH, **AGAIN), done(activated(SECOND)), chunks(("a.csv", INVOICE))),
            (message(1), message(-1)), None),
    Meeting("two programs are activated at once", "week 1",
            both(at(9, 9), drafted(SECOND, PUSH, **AGAIN), drafted("third", CASH, name="Third")),
            (activated(SECOND), activated("third")), 1),
    Meeting("one program is activated by two requests at once", "week 1",
            both(at(9, 9), drafted(SECOND, PUSH, **AGAIN)), (activated(SECOND), activated(SECOND)), 1),
    Meeting("a program is retired while an order for it is scored", "goods come back after the end",
            chunks(("a.csv", LATE)), (asked("POST", f"/programs/{CASH}/retire", _OVER), message(0)), 2),
    Meeting("an alias is put while a line told with it is scored", "week 1",
            both(at(9, 9), chunks(("a.csv", sold("freight", "INV-2", 50, 7, sku="VRDIDEOLD")))),
            (asked("PUT", "/config/alias/castellan-old", ALIAS), message(0)), 3),
    Meeting("an alias is put while a registration of its line is scored", "freight approved",
            both(at(3, 11), chunks(("a.csv", sold("freight", "INV-2", 50, 7, sku="VRDIDEOLD"))), done(message(0)),
                 saved("freight")),
            (asked("PUT", "/config/alias/castellan-old", ALIAS), send), 3),
    Meeting("a joiner is found and her deal is approved", "Dee joins", saved("early", Quantity__c=11.0),
            (scheduled("sweep_salesforce", 15, 9), send), 2),
    Meeting("a joiner is found while a line of her deal is scored", "Dee joins", chunks(("a.csv", EARLY)),
            (scheduled("sweep_salesforce", 15, 9), message(0)), 2),
)  # fmt: skip

# What closes and pays.
PAYING = (
    Meeting("a period freezes while an order arrives", "close, one feed missing", clinic,
            (scheduled("close_periods", 31, 2), message(0)), 1, closed_again(31, 5), paid),
    Meeting("a period freezes while a deal is settled again", "close, one feed missing",
            both(at(31, 1, 30), done(asked("PUT", "/config/alias/castellan-old", ENDED))),
            (scheduled("close_periods", 31, 2), message(0)), 1, closed_again(31, 5), paid),
    Meeting("two closes at once", "close, one feed missing", nothing,
            (scheduled("close_periods", 31, 2), scheduled("close_periods", 31, 2)), 1, closed_again(31, 5), paid),
    Meeting("one payout is sent by two at once", "close without funds", both(one_payout_waits, twice),
            (message(0, "payouts"), message(1, "payouts")), 3, (), paid),
    Meeting("a payout is sent and its webhook comes early", "close without funds", both(one_payout_waits, twice),
            (message(0, "payouts"), hook), 3, (), paid),
    Meeting("a payout is sent while the reconciler looks", "close without funds", both(one_payout_waits, twice),
            (message(0, "payouts"), scheduled("reconcile_rewards", 32, 3)), 1, (), paid),
    Meeting("a payout's webhook comes while the reconciler looks at it", "delivered", both(at(32, 9), delivering),
            (scheduled("reconcile_rewards", 32, 10), hook), 1),
    Meeting("a webhook is delivered twice at once", "delivered",
            both(at(32, 9), delivering, lambda stage: stage.world.provider.webhooks.extend(
                stage.world.provider.webhooks)),
            (hook, hook), None),
)  # fmt: skip

PAIRS = (*SCORING, *CHANGING, *PAYING)
