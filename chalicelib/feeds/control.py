"""Control totals: what the file itself says it holds, against what was read.

Every data row counts, a quarantined one too: the total was made by the sender, who did not know it was bad. A file
whose total is wrong is refused whole, because nobody can say which of its rows is missing (domain.md 9). When a bad
row's own figure cannot be read, the difference may be its figure: the sum is then "not verifiable", which the
report says, and only the row count is held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.profiles import Control
from chalicelib.feeds.rejected import BadValue, shown


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What was verified: `rows`, `quantity` and `amount` as declared (None: not declared); `unreadable` rows made
    the sums not verifiable."""

    rows: int | None
    quantity: Decimal | None
    amount: Decimal | None
    unreadable: int


class Tally:
    """Adds up the control columns of a file's rows. `columns` are their positions in a data row."""

    def __init__(
        self, control: Control, name: str, positions: Mapping[str, int], column: Callable[[str | int], int],
        number: Callable[[str], Decimal],
    ) -> None:  # fmt: skip
        self._control, self._name, self._number = control, name, number
        self._places: dict[str, int] = {
            what: column(place)
            for what, place in (("rows", control.rows), ("quantity", control.quantity), ("amount", control.amount))
            if place is not None
        }
        self._columns: list[tuple[str, int]] = [
            (w, positions[w]) for w in ("quantity", "amount") if w in self._places and w in positions
        ]
        self._sums = {what: Decimal(0) for what, _ in self._columns}
        self._rows = 0
        self._unreadable = 0
        self._told: list[str] | None = None
        self._rows_when_told = 0

    def add(self, row: list[str]) -> None:
        """Count one data row; an empty one for a row that could not even be split."""
        self._rows += 1
        try:
            for what, index in self._columns:
                self._sums[what] += self._number(row[index].strip() or "0")
        except (BadValue, IndexError):
            self._unreadable += 1

    def told(self, row: list[str]) -> None:
        """The control row has come. Raises: RefusedFile for a second one."""
        if self._told is not None:
            raise RefusedFile(f"{self._name}: has two control records. Ask for one file a report.")
        self._told, self._rows_when_told = row, self._rows

    def result(self) -> ControlResult:
        """What was verified, at the end of the file. Raises: RefusedFile naming the first total that is wrong."""
        if self._told is None:
            raise RefusedFile(
                f'{self._name}: ends after {self._rows} rows without its control record "{self._control.word}": part '
                "of it is missing. Ask for the whole file and drop it again."
            )
        if self._rows != self._rows_when_told:
            raise RefusedFile(
                f"{self._name}: {self._rows - self._rows_when_told} rows follow its control record. Ask for the file "
                "again."
            )
        declared = {what: self._declared(what, place) for what, place in self._places.items()}
        counted = {**self._sums, "rows": Decimal(self._rows)}
        for what, value in declared.items():
            if value != counted.get(what, value) and (what == "rows" or not self._unreadable):
                raise RefusedFile(
                    f"{self._name}: its control record says {what} {value:f}, its rows add up to "
                    f"{counted[what]:f}. Nothing was counted. Ask for the file again."
                )
        rows = declared.get("rows")
        return ControlResult(
            None if rows is None else int(rows), declared.get("quantity"), declared.get("amount"), self._unreadable
        )

    def _declared(self, what: str, place: int) -> Decimal:
        row = self._told or []
        text = row[place].strip() if place < len(row) else ""
        try:
            return self._number(text)
        except BadValue:
            raise RefusedFile(
                f'{self._name}: the {what} in its control record is no number: "{shown(text)}". Ask for the file again.'
            ) from None
