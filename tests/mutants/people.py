"""Planted bugs of disputes and adjustments: who may decide, what is held back, and what is posted how often."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ADJUSTMENTS = "chalicelib/domain/adjustments.py"
_DISPUTES = "chalicelib/domain/disputes.py"
_BOOK = "chalicelib/domain/dealbook.py"
_PLAN = "chalicelib/domain/payout_plan.py"
_CLOSE = "chalicelib/services/close_periods.py"
_LAST = "chalicelib/services/last_run.py"

_T_ADJUSTMENT = "tests/domain/test_adjustments.py::"
_T_DISPUTE = "tests/domain/test_disputes.py::"
_T_PAID = "tests/services/test_adjustments.py::"
_T_HELD = "tests/services/test_disputes.py::"

PEOPLE = (
    Mutant(
        "author-approves",
        "who proposed an adjustment approves it herself",
        _ADJUSTMENTS,
        "    if same_person(by, adjustment.author):\n",
        "    if same_person(by, adjustment.approver):\n",
        (_T_ADJUSTMENT + "test_neither_author_nor_rep_approves",),
    ),
    Mutant(
        "rep-approves-her-own",
        "a rep who is finance, too, approves points for herself",
        _ADJUSTMENTS,
        "    if same_person(by, adjustment.rep):\n",
        "    if same_person(by, adjustment.approver):\n",
        (_T_ADJUSTMENT + "test_neither_author_nor_rep_approves",),
    ),
    Mutant(
        "adjustment-posted-again",
        "every settlement of its book adds an adjustment to what was posted of it before",
        _BOOK,
        "shares[key] = Share(0, by_hand.points, by_hand.when())",
        "was = book.posted[key].confirmed if key in book.posted else 0\n"
        "            shares[key] = Share(0, was + by_hand.points, by_hand.when())",
        (_T_ADJUSTMENT + "test_an_approved_one_is_posted_once_and_a_proposed_one_not_at_all",),
    ),
    Mutant(
        "dispute-holds-all-of-her",
        "a dispute about one deal holds back everything of its rep",
        _PLAN,
        'return any((h.rep, h.registration) == (rep, registration) and h.layer in ("", layer) for h in held)',
        "return any(h.rep == rep for h in held)",
        (_T_HELD + "test_a_dispute_holds_its_own_line_and_nothing_else",),
    ),
    Mutant(
        "dispute-holds-nobody",
        "the plan pays what is disputed",
        _PLAN,
        "    paying = {rep: {k: _free(held, rep, k, v) for k, v in of.items()} for rep, of in grants.items()}\n",
        "    paying = {rep: {k: tuple(v) for k, v in of.items()} for rep, of in grants.items()}\n",
        (_T_HELD + "test_a_dispute_holds_its_own_line_and_nothing_else",),
    ),
    Mutant(
        "held-anew-each-attempt",
        "an attempt at a run leaves out what is disputed by then, not what the run began with",
        _CLOSE,
        "drafts = plan(program, number, reps, paid, debts, run.held, asked.released(runs))",
        "drafts = plan(program, number, reps, paid, debts, asked.held(), asked.released(runs))",
        (_T_HELD + "test_every_attempt_at_a_run_leaves_out_the_same",),
    ),
    Mutant(
        "ended-over-a-dispute",
        "the trailing runs end while a dispute is undecided: what it holds is never paid",
        _CLOSE,
        "may_end=seen.rev == period.rev and not asked.undecided()",
        "may_end=seen.rev == period.rev",
        (_T_HELD + "test_the_trailing_runs_do_not_end_before_the_decision",),
    ),
    Mutant(
        "ended-over-a-moved-period",
        "the close ends the runs although something came since it looked",
        _CLOSE,
        "may_end=seen.rev == period.rev and not asked.undecided()",
        "may_end=not asked.undecided()",
        (_T_PAID + "test_an_approval_at_any_moment_of_the_last_close_is_paid_or_refused",),
    ),
    Mutant(
        "period-not-moved",
        "who brings something to pay does not tell the close that is under way",
        _LAST,
        "if money.save_period(replace(period, rev=period.rev + 1)):",
        "if period.rev >= 0:",
        (_T_PAID + "test_an_approval_at_any_moment_of_the_last_close_is_paid_or_refused",),
    ),
    Mutant(
        "rep-decides-her-own",
        "a rep who is finance, too, decides her own dispute",
        _DISPUTES,
        "    if same_person(by, dispute.rep):\n",
        "    if not by:\n",
        (_T_DISPUTE + "test_nobody_reviews_her_own",),
    ),
)
