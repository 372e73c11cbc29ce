"""A month on a stack of its own that is treated badly: functions killed, DynamoDB failing, everything restarted.

What must be true is computed here from the deals alone. Queues hide a message for 6 or 30 minutes after a try; no test
waits for that, so this stack, and only it, is told through the SQS API to show it again after `SHOWN_AGAIN_S`. The
template stays what AWS gets. Dead letters are treated as docs/operations.md says, and counted.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from local import processes
from local.story_world import Deal, Sold, castellan_file
from local.theatre import NeverCame, until
from local.up import await_answer, start_emulator
from tests.stack.dynamodb_proxy import AFTER, BEFORE, Proxy, caller, end
from tests.stack.reseller import REPS, Reseller

SHOWN_AGAIN_S = 4
SEATS = (20, 40, 60)
INTERNAL, VENDOR = "internal", "vendor:veridane"

Done = TypeVar("Done")


def deal(series: int, n: int) -> Deal:
    """Rep n's deal of a series; seats are twenties, so that every split is whole. Every tenth is shared."""
    split = ((REPS[n], 60), (REPS[n + 1], 40)) if n % 10 == 0 else ((REPS[n], 100),)
    kind = "Net New" if series < 2 else "Renewal"
    number = 10_000 * (series + 1) + n
    return Deal(
        number, f"Series {series} customer {n}", "VRD-ID-ENT", "Veridane", SEATS[n % 3], kind, split, 2 + n // 2
    )


def points(deals: Sequence[Deal]) -> dict[str, dict[str, int]]:
    """Rep -> layer -> points: 3 a net-new seat within the house, and 1.25 % of 100 dollars a seat from the vendor."""
    worth: dict[str, dict[str, int]] = {rep: {INTERNAL: 0, VENDOR: 0} for rep in REPS}
    for one in deals:
        for rep, percent in one.split:
            worth[rep][INTERNAL] += (3 if one.kind == "Net New" else 0) * one.seats * percent // 100
            worth[rep][VENDOR] += 125 * one.seats * percent // 100
    return worth


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened so far, or within a scene: tries of DynamoDB calls, faults fired, functions killed, dead letters,
    requests and scheduled runs that failed and were repeated."""

    calls: int
    faults: int
    killed: int
    dead_letters: int
    repeated: int

    def since(self, before: Counts) -> Counts:
        """The difference."""
        return Counts(*(getattr(self, name) - getattr(before, name) for name in self.__slots__))


@dataclass(slots=True)
class Figures:
    """What was done to the stack, and each scene with its counts."""

    killed: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    restarts: int = 0
    scenes: list[tuple[str, Counts]] = field(default_factory=list)


@dataclass(slots=True)
class HarshMonth(Reseller):
    """The reseller of forty, and the hand that breaks things."""

    proxy: Proxy = field(kw_only=True)
    emulator: dict[str, str] = field(kw_only=True)
    figures: Figures = field(kw_only=True)
    confirmed: list[Deal] = field(default_factory=list)
    seen: dict[str, dict[str, int]] = field(default_factory=dict)  # standings while DynamoDB failed
    left: int = 0  # messages that waited when the stack came back
    ordered_before: set[str] = field(default_factory=set)  # keys the provider holds when it goes away,
    ordered_after: set[str] = field(default_factory=set)  # and just before it comes back
    waited: dict[str, str] = field(default_factory=dict)  # state of every other payout just before that
    refused: int = 0  # orders the provider refused before it went away

    def document(self) -> dict[str, Any]:
        """The period closes an hour after the end, whatever the feed says: the outage is longer than its 24 h."""
        return Reseller.document(self) | {"close_timeout_hours": 1}

    def hurry(self) -> None:
        """A message is shown again soon, and the provider takes as many requests as come."""
        for queue in self.theatre.stack.queues.values():
            self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(SHOWN_AGAIN_S)})
        self.theatre.provider("POST", "/settings", {"rate_per_second": 0})

    @contextlib.contextmanager
    def scene(self, name: str) -> Iterator[None]:
        """Count what happens within; faults end with it."""
        before, began = self.counts(), time.monotonic()
        try:
            yield
        finally:
            self.proxy.calm()
            self.figures.scenes.append((name, self.counts().since(before)))
            print(f"\n{name} ({time.monotonic() - began:.1f} s): {self.figures.scenes[-1][1]}", flush=True)

    def counts(self) -> Counts:
        """Everything so far."""
        done, proxy = self.figures, self.proxy
        return Counts(
            proxy.calls.total(), proxy.fired.total(), done.killed.total(), done.dead_letters.total(), done.repeated
        )  # fmt: skip

    # --- what happens in a month --------------------------------------------------------------------------------

    def approve_all(self, deals: Sequence[Deal]) -> None:
        """Registrations approved; Salesforce sends each until it is acknowledged."""
        self.register(deals)

        def sent() -> bool | None:
            self.theatre.org("POST", "/send", {"count": 3})
            return None if self.theatre.org("GET", "/undelivered") else True

        until("every message acknowledged", sent)

    def drop_files(self, name: str, deals: Sequence[Deal], *, files: int, day: int = 25) -> list[tuple[str, int]]:
        """Drop the invoices of the deals in that many files; returns the files' names and lines."""
        told = []
        for part in range(files):
            lines = [
                Sold(one, f"I-{one.number}", one.seats, self.month.day(day)) for one in deals[part::files]
            ]  # fmt: skip
            told.append((f"{name}-{part}.csv", len(lines)))
            self.put_file(told[-1][0], lines)
        self.confirmed += deals
        return told

    def await_scored(self, files: Sequence[tuple[str, int]]) -> None:
        """Wait until every line of the files is scored, dead letters redriven."""

        def scored() -> bool | None:
            self.redrive()
            reports = [(self.theatre.report(f"reports/feeds/castellan/{name}.json"), lines) for name, lines in files]
            return all(report and report["counts"]["scored"] == lines for report, lines in reports) or None

        until("every line scored", scored, seconds=150)

    def standings(self, reps: Sequence[str] = REPS) -> dict[str, dict[str, int]]:
        """Rep -> layer -> confirmed points, as each rep sees them; asked again after an error."""
        seen = {}
        for rep in reps:
            ask = lambda rep=rep: self.theatre.get("/me/standings", user=rep, role="rep")["programs"]  # noqa: E731
            [mine] = self.again("her standings", ask)
            seen[rep] = {layer["layer"]: layer["confirmed"]["points"] for layer in mine["layers"]}
        return seen

    # --- what a person or a schedule would do again ---------------------------------------------------------------

    def again(self, what: str, act: Callable[[], Done], good: Callable[[Done], bool] = lambda _: True) -> Done:
        """Do it until it succeeds: a schedule's next turn, a person's second click."""

        def tried() -> tuple[Done] | None:
            with contextlib.suppress(RuntimeError, NeverCame, OSError):
                done = act()
                if good(done):
                    return (done,)
            self.figures.repeated += 1
            return None

        return until(what, tried)[0]

    def quarter_hour(self) -> None:
        """What the schedule does: close, and reconcile."""
        self.again("a close that ends well", self.close)
        self.again("a reconciliation that ends well", lambda: self.theatre.run("reconcile_rewards", self.now))

    def pay_under(
        self, seed: int, run: int, *, rate: float, kinds: tuple[str, ...] = BEFORE + AFTER, hours: int = 12
    ) -> None:
        """Close and reconcile by the hour while DynamoDB fails, until every payout of the run is confirmed."""
        for turn in range(hours):
            self.proxy.plan(seed + turn, rate=rate, kinds=kinds, most=15)
            self.quarter_hour()
            self.await_quiet("payouts")
            self.proxy.calm()
            if set(self.states(run).values()) == {"confirmed"}:
                return
            self.later()
        raise NeverCame(f"run {run}: {self.states(run)}")

    def redrive(self) -> None:
        """Dead letters go back into their queue; those of payouts are purged, the close queues them again."""
        for name, queue in self.theatre.stack.queues.items():
            dead = f"{queue}-dead"
            for message in self.sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", []):
                if name != "payouts":
                    self.sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
                self.sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                self.figures.dead_letters[name] += 1

    def waiting(self, queue: str) -> int:
        """Messages of a queue that are due or being worked on; those with a delay are left out."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.theatre.stack.queues[queue]
        told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def await_quiet(self, queue: str) -> None:
        """Wait until nothing of the queue is due or being worked on."""

        def quiet() -> bool | None:
            self.redrive()
            return True if self.waiting(queue) == 0 else None

        until(f"nothing due in {queue}", quiet)

    # --- breaking things ----------------------------------------------------------------------------------------

    def restart(self) -> None:
        """End the emulator with every function at work, and start it on what it had stored."""
        directory = self.theatre.directory
        assert processes.stop("emulator", directory)
        start_emulator(directory, self.proxy.upstream, self.emulator)
        await_answer("emulator", self.proxy.upstream, directory)
        self.figures.restarts += 1

    def put_file(self, name: str, lines: list[Sold]) -> None:
        """Drop a file without waiting for it."""
        self.theatre.drop("castellan", name, castellan_file(lines))

    @property
    def sqs(self) -> Any:
        """The queues, as the stack's root user."""
        return self.theatre.stack.aws("sqs")


def killer(directory: Path, killed: Counter[str]) -> Callable[[int], bool]:
    """`kill(port)` ends the function that calls from that port, by SIGKILL, and counts it by name."""

    def kill(port: int) -> bool:
        emulator = processes.running(directory).get("emulator")
        pid = caller(port, emulator) if emulator else None
        if pid is None:
            return False
        command = Path(f"/proc/{pid}/cmdline").read_text()
        if not end(pid):
            return False
        killed[command.partition("kicker-local-")[2].rpartition("-")[0] or command] += 1
        return True

    return kill
