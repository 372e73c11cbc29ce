"""Planted bugs of the feeds: what a distributor's file says, and that every row of it is accounted for."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_DELIMITED = "chalicelib/feeds/delimited.py"
_NORMALISE = "chalicelib/feeds/normalise.py"
_READ = "chalicelib/services/read_feed.py"
_LOG = "chalicelib/adapters/dynamodb/feed_log.py"

_T_DELIMITED = "tests/feeds/test_delimited.py::"
_T_READ = "tests/services/test_read_feed.py::"
_T_LOG = "tests/adapters/test_feed_log.py::"

FEEDS = (
    Mutant(
        "credit-sign-flipped",
        "a credit memo's numbers become positive",
        _NORMALISE,
        "quantity, minor = -abs(quantity), -abs(minor)",
        "quantity, minor = abs(quantity), abs(minor)",
        (
            _T_DELIMITED + "test_every_sign_convention_ends_in_one",
            "tests/feeds/test_set_a.py::test_returns_are_negative_in_every_rendering",
        ),
    ),
    Mutant(
        "credit-negated-twice",
        "a credit memo that is negative already is negated again",
        _NORMALISE,
        "quantity, minor = -abs(quantity), -abs(minor)",
        "quantity, minor = -quantity, -minor",
        (_T_DELIMITED + "test_every_sign_convention_ends_in_one",),
    ),
    Mutant(
        "file-counted-twice",
        "a file that was taken before is read like a new one",
        _READ,
        "earlier = self.book.taken(distributor, sha256)",
        "earlier = None",
        (
            _T_READ + "TestDuplicates::test_the_same_content_under_another_name_is_a_duplicate",
            _T_READ + "TestDuplicates::test_the_same_event_again_changes_nothing",
        ),
    ),
    Mutant(
        "taken-before-queued",
        "a file counts as taken before its lines are in the queue: a crash in between loses them",
        _READ,
        """        self._hand_over(tag, chain(events(), absent.lines() if absent else ()), now)
        self._take(dropped, object_.version, report, now, lines)
""",
        """        self._take(dropped, object_.version, report, now, lines)
        self._hand_over(tag, chain(events(), absent.lines() if absent else ()), now)
""",
        (_T_READ + "TestCrashes::test_a_crash_in_the_middle_is_read_again_completely",),
    ),
    Mutant(
        "bad-row-stops-file",
        "one row that cannot be read stops the file",
        _NORMALISE,
        "return rejected(self._name, line, self._column(row, bad), bad.value, bad.reason, bad.detail)",
        "raise",
        (_T_DELIMITED + "test_a_hundred_bad_rows_planted_in_ten_thousand_are_exactly_the_hundred_found",),
    ),
    Mutant(
        "quote-swallows-row",
        "an unclosed quote takes the good row after it along",
        _DELIMITED,
        'row, why = (None, "alone") if self._is_whole(text) else self._joined()',
        "row, why = self._joined()",
        (_T_DELIMITED + "test_an_unclosed_quote_is_not_closed_by_the_inch_mark_of_a_later_row",),
    ),
    Mutant(
        "control-total-ignored",
        "a file whose control total is wrong is taken",
        "chalicelib/feeds/control.py",
        'if value != counted.get(what, value) and (what == "rows" or not self._unreadable):',
        "if value is None:",
        (_T_READ + "TestRefused::test_a_refused_file_leaves_a_report_and_a_work_list_entry_and_nothing_else",),
    ),
    Mutant(
        "cut-file-taken",
        "a file without its control record is taken for whole",
        "chalicelib/feeds/control.py",
        "        if self._told is None:\n            raise",
        "        if self._told is None:\n            return ControlResult(None, None, None, 0)\n            raise",
        ("tests/feeds/test_refused_files.py::test_a_file_that_cannot_be_taken_says_why_and_what_to_do",),
    ),
    Mutant(
        "identical-lines-merged",
        "two identical lines without a number are one",
        _NORMALISE,
        'return f"{key}#{self._occurrences.next(key)}"',
        "return key",
        (_T_DELIMITED + "test_identical_lines_without_a_number_both_count_and_are_the_same_two_next_time",),
    ),
    Mutant(
        "chunk-counted-again",
        "a chunk delivered again is counted with what it found the second time",
        _LOG,
        'ConditionExpression="attribute_not_exists(#chunk)",',
        'ConditionExpression="attribute_not_exists(#chunk) OR attribute_exists(#chunk)",',
        (_T_LOG + "test_a_chunk_counted_again_keeps_its_first_counts",),
    ),
    Mutant(
        "watermark-moves-back",
        "an old file that comes late moves the watermark back",
        _LOG,
        'ConditionExpression="attribute_not_exists(#v) OR #v <= :v",',
        'ConditionExpression="attribute_not_exists(#v) OR attribute_exists(#v)",',
        (_T_LOG + "test_the_watermark_keeps_the_latest_day",),
    ),
    Mutant(
        "watermark-before-scoring",
        "the watermark moves when a file is read, before its lines are scored: a period may close without them",
        _READ,
        "        if lines == 0:\n            self.book.complete(report.distributor, report.covers)",
        "        self.book.complete(report.distributor, report.covers)",
        (_T_READ + "test_the_watermark_moves_when_the_lines_are_scored_and_never_back",),
    ),
    Mutant(
        "failed-chunk-deleted",
        "a queue message that failed counts as handled and is deleted",
        "chalicelib/handlers/batch.py",
        'extra={"message_id": record.message_id})\n            raise\n',
        'extra={"message_id": record.message_id})\n',
        ("tests/handlers/test_feeds.py::test_a_message_that_failed_is_delivered_again_alone",),
    ),
    Mutant(
        "failure-not-logged",
        "the log of a failed queue message fails itself: nobody reads why",
        "chalicelib/handlers/batch.py",
        'extra={"message_id": record.message_id})',
        'extra={"message": record.message_id})',
        ("tests/handlers/test_feeds.py::test_a_message_that_failed_is_logged_by_its_id",),
    ),
)
