"""Three at once, with a bound on how often one is interrupted; and every race there is."""

from __future__ import annotations

from local.story_world import PUSH
from tests.simulator.meeting import (
    Meeting,
    activated,
    at,
    both,
    chunks,
    clinic,
    closed_again,
    done,
    drafted,
    hook,
    message,
    one_payout_waits,
    paid,
    saved,
    scheduled,
    send,
    twice,
)
from tests.simulator.pairs import AGAIN, CREDIT, INVOICE, PAIRS, SECOND
from tests.simulator.pairs_people import PEOPLE
from tests.simulator.pairs_quarters import QUARTERS

TRIPLES = (
    Meeting("two lines and the registration of one deal", "freight approved",
            both(chunks(("a.csv", INVOICE), ("b.csv", CREDIT)), saved("freight")),
            (message(0), message(1), send), 2),
    Meeting("two lines and a move of one deal", "week 1",
            both(chunks(("a.csv", INVOICE), ("b.csv", CREDIT)), saved("freight", Account__c="001KCK000000999")),
            (message(0), message(1), send), 2),
    Meeting("a line, a registration and the activation of a program", "freight approved",
            both(at(3, 11), chunks(("a.csv", INVOICE)), drafted(SECOND, PUSH, **AGAIN), saved("freight")),
            (activated(SECOND), message(0), send), 1),
    Meeting("a line, a registration and a deal settled again", "week 1",
            both(at(9, 9), drafted(SECOND, PUSH, **AGAIN), done(activated(SECOND)), chunks(("a.csv", INVOICE)),
                 saved("freight", Quantity__c=45.0)),
            (message(1), message(-1), send), 2),
    Meeting("a line, a registration and the freeze", "close, one feed missing",
            both(clinic, saved("clinic", Quantity__c=31.0)),
            (scheduled("close_periods", 31, 2), message(0), send), 1, closed_again(31, 5), paid),
    Meeting("a payout is sent, its webhook comes, the reconciler looks", "close without funds",
            both(one_payout_waits, twice),
            (message(0, "payouts"), hook, scheduled("reconcile_rewards", 32, 3)), 1, (), paid),
    Meeting("one payout is sent by two, and its webhook comes", "close without funds", both(one_payout_waits, twice),
            (message(0, "payouts"), message(1, "payouts"), hook), 2, (), paid),
)  # fmt: skip

MEETINGS = (*PAIRS, *PEOPLE, *QUARTERS, *TRIPLES)
