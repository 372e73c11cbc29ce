"""Planted bugs of the look-back: what an account bought, in which time, and whether its other quarters hear of it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ATTACHMENTS = "chalicelib/domain/attachments.py"
_LINES = "chalicelib/services/score_lines.py"
_REGISTRATION = "chalicelib/services/score_registration.py"
_RESCORE = "chalicelib/services/rescore.py"
_HISTORY = "chalicelib/services/account_history.py"

_T_DOMAIN = "tests/domain/test_look_back.py::"
_T_HISTORY = "tests/services/test_account_history.py::"
_WINDOW = _T_DOMAIN + "test_the_look_back_ends_the_day_before_the_approval_and_begins_so_many_months_earlier"
_DIED = _T_HISTORY + "test_a_delivery_that_died_anywhere_is_completed_by_the_next_one"
_ORDERS = _T_HISTORY + "test_every_order_of_arrival_ends_with_the_same_points"

HISTORY = (
    Mutant(
        "look-back-to-the-approval",
        "an order of the day of the approval makes the deal a renewal",
        _ATTACHMENTS,
        "if first is None or first[0] >= day:",
        "if first is None or first[0] > day:",
        (_WINDOW,),
    ),
    Mutant(
        "look-back-a-day-short",
        "the first day of the look-back does not count",
        _ATTACHMENTS,
        "start = bisect_left(same, months_before(day, months), key=lambda x: x[0]) if months else 0",
        "start = bisect_left(same, True, key=lambda x: x[0] > months_before(day, months)) if months else 0",
        (_WINDOW,),
    ),
    Mutant(
        "look-back-of-others",
        "a program sees what was copied for another that looks further back",
        _ATTACHMENTS,
        "for quarter in asked_quarters(quarter_in(self._book.key), asked.look_back_months or 0):",
        "for quarter in self._book.bought_elsewhere:",
        (_T_DOMAIN + "test_a_program_that_looks_back_less_does_not_see_what_was_copied_for_another",),
    ),
    Mutant(
        "held-is-bought",
        "a line that waits for a person is a purchase",
        "chalicelib/domain/purchases.py",
        "return not line.held and not takes_away(line) and line.quantity > 0",
        "return not takes_away(line) and line.quantity > 0",
        (_T_DOMAIN + "test_what_counts_as_bought_before", _ORDERS),
    ),
    Mutant(
        "lines-not-spread",
        "an order line changes its own quarter's deal book only",
        _LINES,
        "        look.spread(self.store, self.pause, now)\n",
        "",
        (_ORDERS, _DIED),
    ),
    Mutant(
        "registration-not-spread",
        "a deal that changes account is still looked at in the quarters it left",
        _REGISTRATION,
        "rescorer.spread(found.look, found.months, now)",
        "pass",
        (_ORDERS,),
    ),
    Mutant(
        "only-changed-lines-spread",
        "a line told again after a crash does not look at the account's other quarters",
        _LINES,
        "            if self.look.months:\n                self.look.note(plan, self.keys)\n",
        "            if self.look.months and not _same(plan):\n                self.look.note(plan, self.keys)\n",
        (_DIED,),
    ),
    Mutant(
        "no-spread-on-duplicate",
        "a registration told again after a crash does not look at what its lines left behind",
        _REGISTRATION,
        "        if months:  # a process that died",
        "        if False:  # a process that died",
        (_DIED,),
    ),
    Mutant(
        "moved-from-forgotten",
        "a deal that moved does not know which deal book it came from",
        _REGISTRATION,
        "if moved and (months or home in unfinished):",
        "if moved and home in unfinished:",
        (_DIED,),
    ),
    Mutant(
        "copy-not-looked-at-again",
        "what changes while a deal book copies it is missed",
        _RESCORE,
        "return settlement.changed_points, settlement.book.unfinished or renewed",
        "return settlement.changed_points, settlement.book.unfinished",
        (_T_HISTORY + "test_a_copy_that_was_overtaken_while_it_was_taken_is_taken_again",),
    ),
    Mutant(
        "posted-then-corrected",
        "a new deal is posted as net-new before its account's other quarters are read",
        _REGISTRATION,
        "            touched = with_history(self.store, touched, seen.programs)\n",
        "            pass\n",
        (_T_HISTORY + "test_a_new_deal_is_posted_as_the_renewal_it_is_and_never_as_net_new_before",),
    ),
    Mutant(
        "own-copy-not-looked-at",
        "a deal book that is new does not look again at what it copied",
        _HISTORY,
        "found = {key for key in wanted if books[key].revision and books[key].beside(books, months) is not books[key]}",
        "found: set[str] = set()",
        (_T_HISTORY + "test_two_books_that_change_at_once_both_see_each_other",),
    ),
)
