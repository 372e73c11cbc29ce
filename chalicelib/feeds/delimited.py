"""Delimited text: CSV, TSV, semicolons, pipes; with a header row or with record types.

Rows are read line by line with resynchronisation: a quoted field may run over lines, but an opening quote that is
never closed costs its own row only, because the next line that is a whole row by itself ends the search. A line
without a quote is split, not parsed, which is what makes this as fast as `csv.reader` on the whole file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.control import ControlResult, Tally
from chalicelib.feeds.identify import Identified, column_form
from chalicelib.feeds.lines import Block, blocks
from chalicelib.feeds.normalise import Event, FileFacts, Normaliser
from chalicelib.feeds.rejected import IgnoredRow, rejected

_MOST_LINES, _MOST_TEXT = 50, 32_768  # one quoted field: an address has five lines, a licence text thirty


class DelimitedReader:
    """One delimited file. `control` is set once `events` has ended."""

    def __init__(self, found: Identified, facts: FileFacts) -> None:
        profile = found.profile
        self._profile, self._facts, self._skip = profile, facts, found.skip
        self._header = [column_form(c) for c in found.header]
        self._titles = list(found.header)
        positions = {f: i for f, c in profile.columns.items() if (i := self._position(c)) is not None}
        titles = {f: self._titles[i] if i < len(self._titles) else f"column {i + 1}" for f, i in positions.items()}
        self.normalise = Normaliser(profile, positions, facts, titles)
        self._width = len(found.header) or profile.width
        self._records = profile.records
        self._tally = None
        if profile.control is not None:
            self._tally = Tally(profile.control, facts.name, positions, self._control_position, self.normalise.number)
        # A ready dialect object: making a reader with it costs a third of making one with keyword arguments.
        self._dialect = csv.reader((), delimiter=profile.delimiter, strict=True).dialect
        self._open: list[tuple[int, str]] = []
        self.control: ControlResult | None = None

    def _position(self, column: str | int | tuple[str, ...]) -> int | None:
        if isinstance(column, int):
            return column
        names = (column,) if isinstance(column, str) else column
        return next((self._header.index(f) for n in names if (f := column_form(n)) in self._header), None)

    def _control_position(self, column: str | int) -> int:
        place = self._position(column)
        if place is None:
            raise RefusedFile(
                f'{self._facts.name}: column "{column}" of its control total is missing. Ask for the file again.'
            )
        return place

    def events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Every row of the file as an order line, a rejected or an ignored row.

        Raises: RefusedFile when the control totals declared by the profile are missing or wrong.
        """
        for block in blocks(pieces, self._profile.encoding):
            if block.bad:
                yield from self._careful(block)
            else:
                yield from self._plain(block)
        yield from self._closed()
        if self._tally is not None:
            self.control = self._tally.result()

    def _closed(self) -> Iterator[Event]:
        """No line follows that could close a quote: the open row is rejected, the lines after it read again."""
        while self._open:
            waiting: list[tuple[int, str]] = []
            yield from self._give_up(waiting)
            for number, text in waiting:
                yield from self._quoted(number, text)

    def _plain(self, block: Block) -> Iterator[Event]:
        """The fast way, for a block without a bad character."""
        start = max(0, self._skip + 1 - block.first)
        delimiter, quote, open_ = self._profile.delimiter, '"' if self._profile.quoted else "\n", self._open
        normalise, tally, odd, dialect = self.normalise, self._tally, self._odd_starts(), self._dialect
        for number, text in enumerate(block.lines[start:] if start else block.lines, block.first + start):
            if open_:
                yield from self._quoted(number, text)
                continue
            if quote in text:
                try:
                    row = next(csv.reader((text,), dialect))
                except csv.Error:
                    yield from self._quoted(number, text)
                    continue
            else:
                row = text.split(delimiter)
            if len(row) != self._width or row[0] in odd or self._records:
                event = self._row(number, text, row)
                if event is not None:
                    yield event
                continue
            if tally is not None:
                tally.add(row)
            yield normalise(number, row)

    def _careful(self, block: Block) -> Iterator[Event]:
        """A block in which some lines cannot be read: those are rejected, whatever quote they stand in."""
        for index, text in enumerate(block.lines):
            number = block.first + index
            if number <= self._skip:
                continue
            if index in block.bad:
                yield from self._closed()
                yield self._reject(number, text, block.bad[index])
            elif self._open or (self._profile.quoted and '"' in text):
                yield from self._quoted(number, text)
            elif (event := self._row(number, text, text.split(self._profile.delimiter))) is not None:
                yield event

    def _odd_starts(self) -> frozenset[str]:
        """First fields that need a closer look: empty, the header's own, the control record's."""
        control = self._profile.control
        return frozenset({"", *self._titles[:1], *([control.word] if control else [])})

    def _row(self, number: int, text: str, row: list[str]) -> Event | None:
        """Any row, looked at closely. None when it is no data: blank, header record, control record."""
        profile, first = self._profile, row[0].strip()
        if not first and not any(cell.strip() for cell in row):
            return None
        if self._tally is not None and profile.control is not None and first == profile.control.word:
            self._tally.told(row)
            return None
        if row[0] in self._titles[:1] and [column_form(c) for c in row] == self._header:
            return IgnoredRow(number, "repeated header")
        if profile.records is not None and first != profile.records.detail:
            if first and first == profile.records.trailer:
                return None
            if first == profile.records.header:
                raise RefusedFile(
                    f"{self._facts.name}: a second header record on line {number}. Drop one report a file."
                )
            return self._reject(number, text, "wrong number of columns", f'unknown record type "{first[:20]}"', row)
        self._width = self._width or len(row)
        if len(row) != self._width:
            return self._reject(
                number, text, "wrong number of columns", f"{len(row)} where {self._width} were expected", row
            )
        if self._tally is not None:
            self._tally.add(row)
        return self.normalise(number, row)

    def _quoted(self, number: int, text: str) -> Iterator[Event]:
        """A line with a quote in it, or inside a quoted field that began on an earlier line."""
        waiting = [(number, text)]
        while waiting:
            number, text = waiting.pop(0)
            if not self._open:
                row, why = self._parsed(text)
                if row is None and why == "open":
                    self._open.append((number, text))
                elif row is None:
                    yield self._reject(number, text, "unclosed quote", why)
                elif (event := self._row(number, text, row)) is not None:
                    yield event
                continue
            self._open.append((number, text))
            row, why = (None, "alone") if self._is_whole(text) else self._joined()
            if row is not None and len(row) == self._width:
                start, first = self._open[0]
                self._open.clear()
                event = self._row(start, first, row)
                if event is not None:
                    yield event
            elif why != "open":
                yield from self._give_up(waiting)

    def _give_up(self, waiting: list[tuple[int, str]]) -> Iterator[Event]:
        """The first line of the open field was a slip: it alone is rejected, the others are looked at again."""
        (number, text), *rest = self._open
        self._open.clear()
        yield self._reject(number, text, "unclosed quote")
        waiting[:0] = rest

    def _joined(self) -> tuple[list[str] | None, str]:
        """The open field with all its lines so far."""
        if '"' not in self._open[-1][1]:
            row, why = None, "open"
        else:
            row, why = self._parsed("\n".join(text for _, text in self._open))
        if why == "open" and (len(self._open) > _MOST_LINES or sum(len(t) for _, t in self._open) > _MOST_TEXT):
            why = "too long"
        return row, why

    def _is_whole(self, text: str) -> bool:
        """Is this line a complete row by itself? Then no quoted field runs through it."""
        if '"' not in text:
            return self._width > 1 and text.count(self._profile.delimiter) == self._width - 1
        row, _ = self._parsed(text)
        return row is not None and len(row) == self._width > 1

    def _parsed(self, text: str) -> tuple[list[str] | None, str]:
        """A record, or None and why not: "open" when a quote is not closed yet."""
        try:
            return next(csv.reader((text,), self._dialect)), ""
        except csv.Error as error:
            return None, "open" if "unexpected end" in str(error) else "text after a closing quote"

    def _reject(self, number: int, text: str, reason: str, detail: str = "", row: list[str] | None = None) -> Event:
        if self._tally is not None:
            self._tally.add(row or [])
        return rejected(self._facts.name, number, "", text, reason, detail)
