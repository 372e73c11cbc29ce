"""The money table: periods, runs, payouts, debts, webhooks seen and breaks, by PynamoDB.

One model serves every kind of item, because each model class would open its own connection. The record itself is
JSON in `body`; what a condition or a person at the console needs stands beside it. Numbers are integers only:
PynamoDB's own number attribute reads floats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec
from botocore.exceptions import ClientError
from pynamodb.attributes import Attribute, BinaryAttribute, UnicodeAttribute
from pynamodb.constants import NUMBER
from pynamodb.exceptions import PynamoDBException
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.whole_answers import refuse_cut_answers
from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.payouts import Break, Payout, Run
from chalicelib.domain.periods import Period

MOST_PAYOUTS = 25  # of one transaction: two puts each, perhaps a debt, and the run, of at most 100 actions
R = TypeVar("R", Period, Run, Payout, Break)
Seen = Literal["new", "open", "done", "differs"]
_LOST = {"ConditionalCheckFailedException", "TransactionCanceledException"}
# Another transaction is at work on the item. Whoever writes over a revision reads again and decides; for a put of its
# own (a webhook seen, a break, the kill switch) it says nothing about what is stored, so it is no answer but an error.
_BUSY = "TransactionConflictException"


class IntegerAttribute(Attribute[int]):  # type: ignore[misc]  # PynamoDB is not checked
    """A DynamoDB number that is an integer, or an error."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """Digits. Raises: TypeError for anything but an integer."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{value!r} is no integer; the money table holds nothing else")
        return str(value)

    def deserialize(self, value: str) -> int:
        """The integer. Raises: ValueError."""
        return int(value)


class MoneyItem(Model):  # type: ignore[misc]
    """Any item of the money table."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    rev = IntegerAttribute(null=True)
    body = BinaryAttribute(null=True, legacy_encoding=False)
    request = BinaryAttribute(null=True, legacy_encoding=False)
    state = UnicodeAttribute(null=True)
    amount_minor = IntegerAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    place = UnicodeAttribute(null=True)
    owed = IntegerAttribute(null=True)
    sha256 = UnicodeAttribute(null=True)
    at = UnicodeAttribute(null=True)


def model_of(table: str, region: str) -> type[MoneyItem]:
    """The model bound to one table; `AWS_ENDPOINT_URL` and credentials are botocore's usual ones."""
    meta = type(
        "Meta", (), {
            "table_name": table, "region": region, "connect_timeout_seconds": 2, "read_timeout_seconds": 10,
            "max_retry_attempts": 3,
        },
    )  # fmt: skip
    model: type[MoneyItem] = type("MoneyItem", (MoneyItem,), {"Meta": meta})
    refuse_cut_answers(model._get_connection().connection.session)  # noqa: SLF001 # PynamoDB has no other way in
    return model


class MoneyTable:
    """Implements services.money_store.MoneyStore. `table` is the table's name, `region` its region."""

    def __init__(self, table: str, region: str) -> None:
        self._model: Any = model_of(table, region)

    # --- periods and runs ---------------------------------------------------------------------------------------

    def periods(self) -> list[Period]:
        """Every period ever decided on, by program."""
        return [_read(item, Period) for item in self._query("PERIODS")]

    def period(self, program: str) -> Period | None:
        """The program's period; None while nothing was decided."""
        item = self._get("PERIODS", program)
        return None if item is None else _read(item, Period)

    def save_period(self, period: Period) -> bool:
        """Write revision `period.rev` over revision rev - 1 (0: put if absent)."""
        return self._save(self._item("PERIODS", period.program, period, rev=period.rev))

    def runs(self, program: str) -> list[Run]:
        """The program's runs, by number."""
        return [_read(item, Run) for item in self._query(f"PERIOD#{program}", self._model.sk.startswith("RUN#"))]

    def save_run(self, run: Run) -> bool:
        """Write revision `run.rev` over revision rev - 1 (0: put if absent)."""
        return self._save(self._run(run))

    def plan(self, run: Run, payouts: Sequence[Payout], carried: dict[str, int]) -> bool:
        """The run, each payout with its key, and what is taken off debts, all or nothing; False when anything of it
        was there already, or a rep owes less."""
        assert len(payouts) <= MOST_PAYOUTS, f"{len(payouts)} payouts do not fit into one transaction"
        absent, run_item = self._model.pk.does_not_exist(), self._run(run)

        def write(at_once: TransactWrite) -> None:
            at_once.save(run_item, condition=self._over(run.rev))
            for payout in payouts:
                item = self._payout(payout)
                at_once.save(item, condition=absent)
                at_once.save(self._model(f"PAYKEY#{payout.key}", "PAYOUT", place=f"{item.pk} {item.sk}"), absent)
            for rep, minor in carried.items():
                debt = self._model(f"DEBT#{rep}", run.currency)
                at_once.update(
                    debt, [self._model.owed.set(self._model.owed - minor)], condition=self._model.owed >= minor
                )

        return self._transact(write)

    # --- payouts ------------------------------------------------------------------------------------------------

    def payouts(self, program: str) -> list[Payout]:
        """All payouts of the program's period, by run and rep, strongly read."""
        return [_payout(item) for item in self._query(f"PERIOD#{program}", self._model.sk.startswith("PAYOUT#"))]

    def payouts_after(self, program: str, run: int, rep: str, most: int) -> list[Payout]:
        """At most `most` of them, by run and rep, from the one after that place on ("" is before every rep)."""
        # "!" sorts before every letter and digit of a rep id and "$" right after the "#" of the prefix.
        rest = self._model.sk.between(f"PAYOUT#{run:04d}#{rep}!", "PAYOUT$")
        return [_payout(item) for item in self._query(f"PERIOD#{program}", rest, most)]

    def payout(self, key: str) -> Payout | None:
        """The payout of that key, strongly read."""
        where = self._get(f"PAYKEY#{key}", "PAYOUT")
        if where is None:
            return None
        item = self._get(*where.place.split(" ", 1))
        if item is None:
            raise BrokenPromise(f"Key {key} names the payout {where.place}, which does not exist. Restore the table.")
        return _payout(item)

    def save_payout(self, payout: Payout) -> bool:
        """Write revision `payout.rev` over revision rev - 1; never creates one."""
        return payout.rev > 0 and self._save(self._payout(payout))

    # --- debts --------------------------------------------------------------------------------------------------

    def debts(self, reps: Sequence[str], currency: str) -> dict[str, int]:
        """Minor units each rep owes back; reps who owe nothing are left out. One call a hundred reps."""
        keys = [(f"DEBT#{rep}", currency) for rep in sorted(set(reps))]
        found = self._call(lambda: list(self._model.batch_get(keys, consistent_read=True))) if keys else []
        return {item.pk.removeprefix("DEBT#"): item.owed for item in found if item.owed > 0}

    def add_debt(self, rep: str, currency: str, program: str, minor: int) -> bool:
        """Let the debt from `program` be at least `minor` in all. True when something was added."""
        pk, source = f"DEBT#{rep}", f"{currency}#{program}"
        for _ in range(5):
            item = self._get(pk, source)
            known = 0 if item is None else item.owed
            if minor <= known:
                return False
            same = self._model.pk.does_not_exist() if item is None else self._model.owed == known
            after, debt = self._model(pk, source, owed=minor), self._model(pk, currency)
            more = minor - known

            def write(
                at_once: TransactWrite, after: Any = after, debt: Any = debt, same: Any = same, more: int = more
            ) -> None:
                at_once.save(after, condition=same)
                at_once.update(debt, [self._model.owed.add(more)])

            if self._transact(write):
                return True
        raise BrokenPromise(f"The debt of {rep} from {program} could not be recorded. It is tried again tomorrow.")

    # --- webhooks, breaks, the kill switch ----------------------------------------------------------------------

    def see_webhook(self, provider: str, uuid: str, sha256: str, now: datetime) -> Seen:
        """Remember the event for good, under the hash of its id: a provider may send any text for it."""
        item = self._model(*_webhook(provider, uuid), sha256=sha256, state="open", at=iso(now))
        if self._put(item, self._model.pk.does_not_exist()):
            return "new"
        known = self._get(item.pk, item.sk)
        assert known is not None
        if known.sha256 != sha256:
            return "differs"
        return "done" if known.state == "done" else "open"

    def finish_webhook(self, provider: str, uuid: str) -> None:
        """The event was dealt with."""
        item = self._model(*_webhook(provider, uuid))
        self._call(lambda: item.update([self._model.state.set("done")], condition=self._model.pk.exists()))

    def add_break(self, found: Break) -> bool:
        """Keep a break unless it is known. True when it is new."""
        item = self._item(f"BREAK#{found.provider}", found.id, found)
        return self._put(item, self._model.pk.does_not_exist())

    def breaks(self, provider: str) -> list[Break]:
        """All breaks of a provider, oldest first."""
        found = [_read(item, Break) for item in self._query(f"BREAK#{provider}")]
        return sorted(found, key=lambda b: (b.found_at, b.id))

    def stopped(self) -> str:
        """Why no order may be sent now ("" when orders may be sent)."""
        item = self._get("SWITCH", "PAYOUTS")
        return "" if item is None else item.state or ""

    def stop(self, reason: str) -> None:
        """Set or clear ("") the kill switch."""
        self._put(self._model("SWITCH", "PAYOUTS", state=reason), None)

    # --- items --------------------------------------------------------------------------------------------------

    def _item(self, pk: str, sk: str, record: Any, **more: Any) -> Any:
        return self._model(pk, sk, body=msgspec.json.encode(record), **more)

    def _run(self, run: Run) -> Any:
        return self._item(f"PERIOD#{run.program}", f"RUN#{run.run:04d}", run, rev=run.rev)

    def _payout(self, payout: Payout) -> Any:
        return self._item(
            f"PERIOD#{payout.program}", f"PAYOUT#{payout.run:04d}#{payout.rep}", replace(payout, request=b""),
            rev=payout.rev, request=payout.request, state=payout.state.value, amount_minor=payout.amount_minor,
            currency=payout.currency,
        )  # fmt: skip

    def _over(self, rev: int) -> Any:
        return self._model.pk.does_not_exist() if rev == 0 else self._model.rev == rev - 1

    def _save(self, item: Any) -> bool:
        return self._call(lambda: item.save(condition=self._over(item.rev)), may_lose=_LOST | {_BUSY}) is not None

    def _put(self, item: Any, condition: Any) -> bool:
        return self._call(lambda: item.save(condition=condition)) is not None

    def _get(self, pk: str, sk: str) -> Any:
        try:
            return self._call(lambda: self._model.get(pk, sk, consistent_read=True))
        except self._model.DoesNotExist:
            return None

    def _query(self, pk: str, which: Any = None, most: int | None = None) -> list[Any]:
        return list(self._call(lambda: list(self._model.query(pk, which, consistent_read=True, limit=most))))

    def _transact(self, write: Callable[[TransactWrite], None]) -> bool:
        def run() -> bool:
            with TransactWrite(connection=self._model._get_connection().connection) as at_once:  # noqa: SLF001 - PynamoDB has no public way to share a model's connection
                write(at_once)
            return True

        return self._call(run) is not None

    def _call(self, do: Callable[[], Any], may_lose: Collection[str] = _LOST) -> Any:
        """What the call returns, None when its condition did not hold. Raises: everything else."""
        try:
            return do()
        except PynamoDBException as error:
            # PynamoDB's own cause_response_code fails on a cause without a response, such as a read time-out.
            cause = error.cause if isinstance(error.cause, ClientError) else None
            code = cause.response["Error"]["Code"] if cause is not None else ""
            if code == "TransactionCanceledException" and not _condition_failed(cause):
                raise
            if code in may_lose:
                return None
            raise


def _condition_failed(cause: ClientError | None) -> bool:
    """Was a transaction canceled by a condition or by another one, rather than by throttling or a fault?"""
    reasons = getattr(cause, "cancellation_reasons", ())
    codes = {reason.code for reason in reasons if reason is not None}
    return bool(codes) and codes <= {"ConditionalCheckFailed", "TransactionConflict", "None"}


def _webhook(provider: str, uuid: str) -> tuple[str, str]:
    return f"WEBHOOK#{provider}", hashlib.sha256(uuid.encode()).hexdigest()


def _read(item: Any, kind: type[R]) -> R:
    return msgspec.json.decode(item.body, type=kind)


def _payout(item: Any) -> Payout:
    return replace(_read(item, Payout), request=bytes(item.request or b""))
