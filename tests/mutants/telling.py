"""Planted bugs in what is told to Salesforce: a lie, a loop, a loss, a second bell."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TELL = "tests/services/test_tell_salesforce.py::"
_MOMENTS = "tests/domain/test_moments.py::"
_WRITE_BACK = "chalicelib/services/write_back.py"

TELLING = (
    Mutant(
        "waiting-told-as-earned",
        "money that waits for its order is told as if it were earned",
        "chalicelib/domain/write_back.py",
        'parts = [signed(m) for m in earned] + [f"{signed(m)} waiting" for m in waiting]',
        "parts = [signed(m) for m in (*earned, *waiting)]",
        (
            _MOMENTS + "test_what_a_deal_is_worth_says_what_waits",
            _TELL + "test_a_record_says_what_the_rep_sees",
        ),
    ),
    Mutant(
        "told-though-unchanged",
        "a record is written although it already says what is true: our own change comes back and is written again",
        _WRITE_BACK,
        "if record.fingerprint != truth.fingerprint() and not waits:",
        "if not waits:",
        (_TELL + "test_our_own_write_back_heard_again_settles_after_one_round",),
    ),
    Mutant(
        "told-before-the-answer",
        "what a record will be told is noted as told before the call: a lost answer is never made good",
        _WRITE_BACK,
        'now_told[key][id] = replace(now_told[key].get(id, ToldRecord()), fingerprint="")',
        "now_told[key][id] = now_told[key].get(id, ToldRecord())",
        (_TELL + "test_a_truth_that_came_and_went_while_nobody_answered_is_told_again",),
    ),
    Mutant(
        "waiting-reaches-a-tier",
        "a tier is announced by points that still wait",
        "chalicelib/domain/moments.py",
        "now = standing.sums(layer_id).confirmed",
        "now = standing.sums(layer_id).confirmed + standing.sums(layer_id).provisional",
        (_MOMENTS + "test_a_moment_is_due",),
    ),
    Mutant(
        "bell-in-doubt-rings-again",
        "a bell whose answer was lost is given back and rings twice",
        "chalicelib/services/ring_bells.py",
        "for moment in claimed if refused.sure else ():",
        "for moment in claimed:",
        (_TELL + "test_a_bell_in_doubt_is_lost_and_never_comes_twice",),
    ),
    Mutant(
        "own-echo-counted-as-missed",
        "our own write-back, read again by the sweep, counts as a message that was lost",
        "chalicelib/services/score_registration.py",
        'told = "restamped"',
        'told = "changed"',
        (_TELL + "test_our_own_write_back_heard_again_settles_after_one_round",),
    ),
)
