"""Planted bugs of the money: what is planned, who releases it, and that nobody is paid twice or too much."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_PAY = "chalicelib/services/pay.py"
_CLOSE = "chalicelib/services/close_periods.py"
_APPROVE = "chalicelib/services/approve_payouts.py"
_PLAN = "chalicelib/domain/payout_plan.py"
_TABLE = "chalicelib/adapters/dynamodb/money.py"

_T_PAY = "tests/services/test_pay.py::"
_T_CLOSE = "tests/services/test_close_periods.py::"
_T_APPROVE = "tests/services/test_approve_payouts.py::"
_T_CONFIRM = "tests/services/test_confirm_payouts.py::"
_T_PAYOUTS = "tests/domain/test_payouts.py::"
_T_TABLE = "tests/adapters/test_money.py::"

MONEY = (
    Mutant(
        "payout-left-off-the-list",
        "the next page of finance's payouts begins after a payout that no page showed",
        "chalicelib/services/payout_list.py",
        "[register_row(row) for row in page]",
        "[register_row(row) for row in (page[:-1] if more else page)]",
        ("tests/services/test_payout_list.py::test_the_pages_hold_every_payout_once_and_in_order",),
    ),
    Mutant(
        "new-key-on-retry",
        "an unknown outcome is sent again under a new key",
        _PAY,
        "result = provider.place(key, leased.request, intent(leased))",
        'result = provider.place(key if attempt == 1 else f"{key[:-2]}{attempt:02}", leased.request, intent(leased))',
        (_T_PAY + "test_an_unknown_outcome_is_sent_again_with_the_same_key_and_bytes",),
    ),
    Mutant(
        "key-of-the-plan",
        "a payout's key follows from when it was planned, not from program, period, rep and run alone",
        _CLOSE,
        "key=payout_key(program.id, period.id, draft.rep, number),",
        'key=payout_key(program.id, f"{period.id}@{now}", draft.rep, number),',
        (_T_CLOSE + "test_a_key_follows_from_program_period_rep_and_run_alone",),
    ),
    Mutant(
        "bytes-rebuilt",
        "the request is made anew when it is sent instead of sending the stored bytes",
        _PAY,
        "result = provider.place(key, leased.request, intent(leased))",
        "result = provider.place(key, provider.request(intent(leased)), intent(leased))",
        (_T_PAY + "test_the_stored_bytes_are_sent_whatever_would_be_written_today",),
    ),
    Mutant(
        "ordered-before-the-call",
        "a payout is marked ordered before the provider is called: a crash in between pays nobody",
        _PAY,
        'move(checked(payout), PayoutState.SUBMITTING, now, f"attempt {attempt}"),',
        'move(checked(payout), PayoutState.ACCEPTED, now, f"attempt {attempt}"),',
        (_T_PAY + "test_a_worker_that_died_anywhere_leaves_one_live_order",),
    ),
    Mutant(
        "no-lease",
        "a worker whose lease was not written calls the provider all the same",
        _PAY,
        "        if not self.money.save_payout(leased):\n            return payout.state  # another worker took it\n",
        "        self.money.save_payout(leased)\n",
        (_T_PAY + "test_two_workers_that_read_at_the_same_moment_place_one_order",),
    ),
    Mutant(
        "lease-ignored",
        "a second worker does not wait for the first one's lease to run out",
        _PAY,
        "payout.lease_until is not None and now < payout.lease_until:",
        "payout.lease_until is None and now < now:",
        (_T_PAY + "test_two_workers_with_the_same_message_place_one_order",),
    ),
    Mutant(
        "unknown-is-failed",
        "an unknown outcome is taken for a refusal: the order may exist, and a person sends another",
        _PAY,
        "        case Outcome.REJECTED:\n            return replace(move(current, PayoutState.REJECTED",
        "        case Outcome.REJECTED | Outcome.UNKNOWN:\n"
        "            return replace(move(current, PayoutState.REJECTED",
        (_T_PAY + "test_an_unknown_outcome_is_sent_again_with_the_same_key_and_bytes",),
    ),
    Mutant(
        "time-out-is-refusal",
        "no answer from the provider is taken for a definite refusal",
        "chalicelib/adapters/rewards/tremendous.py",
        'return PlaceResult(Outcome.UNKNOWN, reason=f"no answer from Tremendous ({error}): it may have ordered")',
        'return PlaceResult(Outcome.REJECTED, reason=f"no answer from Tremendous ({error})")',
        ("tests/adapters/rewards/test_outcomes.py::test_a_fault_has_one_outcome_and_leaves_what_it_leaves",),
    ),
    Mutant(
        "server-error-is-refusal",
        "a 500 of the provider, behind which an order may exist, is taken for a refusal",
        "chalicelib/adapters/rewards/tremendous.py",
        "Outcome.UNKNOWN if answer.status >= 500 else Outcome.HALT",
        "Outcome.REJECTED if answer.status >= 500 else Outcome.HALT",
        ("tests/adapters/rewards/test_outcomes.py::test_a_fault_has_one_outcome_and_leaves_what_it_leaves",),
    ),
    Mutant(
        "any-order-believed",
        "an accepted order over another amount or key is believed to be ours",
        _PAY,
        "    if wrong or result.order.key != payout.key:\n",
        "    if wrong is not None and result.order is None:\n",
        (_T_PAY + "test_an_accepted_order_that_is_not_ours_is_not_believed",),
    ),
    Mutant(
        "unapproved-sent",
        "a payout that is not the approved one is sent",
        "chalicelib/domain/payouts.py",
        "if payout.approved_minor != payout.amount_minor or payout.approved_at is None:",
        "if payout.approved_minor is None:",
        (_T_PAY + "test_nothing_is_sent_that_differs_from_what_was_approved",),
    ),
    Mutant(
        "webhook-done-before-applied",
        "a webhook is remembered as dealt with before its order is applied",
        "chalicelib/services/confirm_payouts.py",
        """        outcome = "applied" if order is not None and self.apply(name, order, now) else "nothing"
        self.money.finish_webhook(name, event.uuid)
""",
        """        self.money.finish_webhook(name, event.uuid)
        outcome = "applied" if order is not None and self.apply(name, order, now) else "nothing"
""",
        (_T_CONFIRM + "test_a_webhook_whose_worker_died_anywhere_is_applied_when_it_comes_again",),
    ),
    Mutant(
        "ordered-is-delivered",
        "an order that is open counts as a delivered reward",
        "chalicelib/services/provider_orders.py",
        "OrderState.OPEN: PayoutState.ACCEPTED,",
        "OrderState.OPEN: PayoutState.CONFIRMED,",
        (_T_CONFIRM + "test_a_webhook_that_says_delivered_while_the_order_does_not_confirms_nothing",),
    ),
    Mutant(
        "confirmed-reopens",
        "a stale read makes a confirmed payout open again",
        "chalicelib/domain/payouts.py",
        "S.CONFIRMED: frozenset({S.IN_REVIEW, S.CANCELED, S.DELIVERY_FAILED}),",
        "S.CONFIRMED: _SEEN_AT_PROVIDER,",
        (_T_CONFIRM + "test_a_stale_read_never_makes_a_confirmed_payout_open_again",),
    ),
    Mutant(
        "foreign-amount-confirms",
        "an order over another amount confirms the payout",
        "chalicelib/services/provider_orders.py",
        "if order.amount.minor != payout.amount_minor:",
        "if order.amount.minor < 0:",
        (_T_CONFIRM + "test_an_order_that_differs_from_the_payout_confirms_nothing",),
    ),
    Mutant(
        "author-releases",
        "who wrote the program releases its payouts",
        _APPROVE,
        "if any(same_person(by, author) for author in authors):",
        "if not authors:",
        (_T_APPROVE + "test_nobody_releases_what_is_hers",),
    ),
    Mutant(
        "author-by-another-spelling",
        "the author releases by giving her id with 15 characters",
        _APPROVE,
        "if any(same_person(by, author) for author in authors):",
        "if by in authors:",
        (_T_APPROVE + "test_nobody_releases_what_is_hers",),
    ),
    Mutant(
        "payee-releases",
        "somebody paid by a run releases it",
        _APPROVE,
        "if any(same_person(by, payout.rep) for payout in payouts):",
        "if any(by == payout.key for payout in payouts):",
        (_T_APPROVE + "test_nobody_releases_what_is_hers",),
    ),
    Mutant(
        "author-activates",
        "the author of a draft activates it herself",
        "chalicelib/domain/gate.py",
        "not approver or not same_person(approver, program.author), ",
        'not approver or approver != "", ',
        ("tests/services/test_programs.py::test_activation_needs_another_person",),
    ),
    Mutant(
        "any-digest-approves",
        "an approval releases whatever is planned, not what the approver was shown",
        _APPROVE,
        "if digest != found.digest:",
        "if not digest:",
        (_T_APPROVE + "test_only_the_digest_that_was_shown_can_be_approved",),
    ),
    Mutant(
        "tampered-plan-released",
        "payouts changed after the run was sealed are released",
        _APPROVE,
        "if digest(payouts) != run.digest or sum(p.amount_minor for p in payouts) != run.total_minor:",
        'if run.digest == "":',
        (_T_APPROVE + "test_payouts_changed_behind_the_approvers_back_are_not_released",),
    ),
    Mutant(
        "re-sent-while-ordered",
        "a refused payout is sent again although the provider holds an order under its key",
        _APPROVE,
        "if payout.state is PayoutState.REJECTED and provider.find(key) is not None:",
        "if payout.state is PayoutState.REJECTED and provider.find(key) is payout:",
        (_T_APPROVE + "test_an_address_is_not_changed_while_an_order_may_exist",),
    ),
    Mutant(
        "payout-put-over",
        "a plan puts a payout over one that is there: a rep gets two in one run",
        _TABLE,
        "at_once.save(item, condition=absent)",
        "at_once.save(item)",
        (_T_TABLE + "test_a_rep_has_one_payout_a_run_whatever_its_key",),
    ),
    Mutant(
        "payout-overwritten",
        "a payout is written over whatever revision is there",
        _TABLE,
        "self._model.pk.does_not_exist() if rev == 0 else self._model.rev == rev - 1",
        "self._model.pk.does_not_exist() if rev == 0 else self._model.pk.exists()",
        (_T_TABLE + "test_a_payout_moves_only_from_the_revision_that_was_read",),
    ),
    Mutant(
        "debt-taken-twice",
        "more is taken off a debt than is owed",
        _TABLE,
        "condition=self._model.owed >= minor",
        "condition=self._model.pk.exists()",
        (_T_TABLE + "test_debts_are_added_once_and_taken_only_while_they_last",),
    ),
    Mutant(
        "no-freeze-fence",
        "a period closes without freezing its standings: late points are paid and lost at once",
        _CLOSE,
        "return self.roster.freeze(standing.program, standing.rep)",
        "return standing",
        (_T_CLOSE + "test_a_closed_period_plans_approves_and_queues_one_payout_a_rep",),
    ),
    Mutant(
        "base-run-pays-trailing",
        "the base run pays what came after the freeze too",
        _PLAN,
        "now = balance.base if run == 0 else balance.confirmed",
        "now = balance.confirmed",
        (_T_PAYOUTS + "test_the_base_run_pays_base_points_and_a_trailing_run_the_rest",),
    ),
    Mutant(
        "budget-anew-each-run",
        "every run has the whole budget again",
        _PLAN,
        "used = sum(p.granted_minor(layer.id) for p in paid)",
        "used = 0",
        (_T_CLOSE + "test_a_paid_award_is_never_displaced_and_the_late_one_gets_what_is_left",),
    ),
    Mutant(
        "rep-planned-twice",
        "a rep who has a payout in a run is planned into it again",
        _PLAN,
        "waiting = [r for r in reps if all(p.run != run for p in of_rep[r.rep])]",
        "waiting = list(reps)",
        (_T_PAYOUTS + "test_a_rep_gets_one_payout_a_run_however_much_confirms_while_it_is_open",),
    ),
    Mutant(
        "paid-below-zero",
        "more is taken back from a payout than it pays",
        _PLAN,
        "taken_minor = min(carry, left)",
        "taken_minor = carry",
        (_T_PAYOUTS + "test_what_she_owes_elsewhere_is_a_negative_line_and_never_makes_a_payout_negative",),
    ),
    Mutant(
        "closed-without-feeds",
        "a period closes while a distributor's file is still missing, and says nothing",
        "chalicelib/domain/periods.py",
        "if not mark.complete and now < timeout_at(program):",
        "if not mark.complete and now < program.window.closes_at():",
        (_T_CLOSE + "test_a_feed_that_is_not_complete_holds_the_close_until_the_timeout_names_it",),
    ),
    Mutant(
        "ledger-not-checked",
        "a standing that is not the sum of its entries is paid",
        _CLOSE,
        "            if posted != stands:\n",
        "            if posted < 0 > stands:\n",
        (_T_CLOSE + "test_ledger_and_standing_that_disagree_stop_the_program_and_no_other",),
    ),
    Mutant(
        "kill-switch-ignored",
        "the kill switch stops what is queued next, not what is queued already",
        _PAY,
        "if not _is_its_turn(payout, now) or self.money.stopped():",
        "if not _is_its_turn(payout, now):",
        (_T_PAY + "test_the_kill_switch_stops_everything_and_loses_nothing",),
    ),
    Mutant(
        "paid-to-oneself",
        "somebody in finance sends a colleague's payout to her own address",
        _APPROVE,
        "if by in people and people[by].email.casefold() == email.casefold():",
        "if by in people and by == payout.rep:",
        (_T_APPROVE + "test_nobody_sends_a_colleagues_payout_to_herself",),
    ),
)
