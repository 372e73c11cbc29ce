"""Runs the product's real handlers on a world: queues, schedules, the API and the webhooks, with their retries."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.fakes.tokens import token
from tests.simulator.services import Message
from tests.simulator.world import FEEDS, OUTBOUND_TOKEN, Crash, World

BATCHES = {"feeds": ("read_feed", 1), "lines": ("score_lines", 10), "payouts": ("pay", 10)}
VISIBILITY = timedelta(seconds=360)
TRIES = 6
INTERRUPTIONS = 0.05  # of all the moments in a storm at which another worker may be faster
NEXT = {
    "sweep_salesforce": timedelta(minutes=15), "tell_salesforce": timedelta(minutes=5),
    "close_periods": timedelta(minutes=15),
    "reconcile_rewards": timedelta(hours=1), "daily": timedelta(days=1),
}  # fmt: skip

# A process that died comes back without these; clients and connections hold no state of ours and are kept.
_KEPT = ("client", "_session", "settings", "money")


@lru_cache(maxsize=1)
def product() -> Any:
    """The product's `app` module, imported afresh: Chalice consumes a blueprint's routes when it registers them."""
    names = [name for name in sys.modules if name == "app" or name.startswith("chalicelib.handlers")]
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        module = importlib.import_module("app")
    finally:
        for name in [n for n in sys.modules if n == "app" or n.startswith("chalicelib.handlers")]:
            del sys.modules[name]
        sys.modules.update(kept)
    return module


def cold_start() -> None:
    """Forget what a process remembers."""
    from chalicelib import bootstrap

    for name, kept in vars(bootstrap).items():
        if hasattr(kept, "cache_clear") and name not in _KEPT:
            kept.cache_clear()


@lru_cache(maxsize=256)
def _token(user: str, role: str, now: datetime) -> str:
    return token(role, user=user, now=now)


@dataclass(frozen=True, slots=True)
class Answer:
    """An API answer: status and body (decoded when it is JSON)."""

    status: int
    body: Any


class _Nowhere(io.TextIOBase):
    """Takes what is written."""

    def write(self, text: str) -> int:
        return len(text)


NOWHERE = _Nowhere()


class Stage:
    """One world with the product on it. `prompt` redelivers at once instead of after the visibility timeout;
    `tries` of a schedule are made by Lambda, with one only the next schedule mends a failure; `shuffle` takes queue
    messages in an order drawn from the world's dice, delivers that share of them twice, and an operator looks after
    the dead letters; with that chance, too, another message is delivered in the middle of a handler's read or before
    one of its calls. `skew` is how far the clocks of those who tell us the time (the queues, the gateway, the
    scheduler, S3) are off at most, either way, each time anew."""

    def __init__(
        self,
        world: World,
        *,
        prompt: bool = True,
        tries: int = 3,
        shuffle: float = 0.0,
        skew: timedelta = timedelta(0),
    ) -> None:
        self.world = world
        self.prompt = prompt
        self.tries = tries
        self.shuffle = shuffle
        self.skew = skew
        self.patience = TRIES if tries <= 3 else tries  # of people, and of Salesforce
        self.refused: list[str] = []
        self.before = list(world.queues.waiting)
        self._interrupted = False
        self._again: set[str] | None = None

    def at(self, moment: datetime) -> None:
        """Let it be this moment; whatever is due before it happens first."""
        self.pump(until=moment)
        self.world.now = max(self.world.now, moment.astimezone(UTC))

    def told(self, moment: datetime) -> datetime:
        """The moment as somebody tells it whose clock is off."""
        return moment + self.world.dice.uniform(-1, 1) * self.skew if self.skew else moment

    # --- one invocation ---

    def invoke(self, function: str, event: Any) -> Any:
        """Run one handler to its end. Raises: Crash, or what the handler raised."""
        app = product()
        outer, self.world.handler = self.world.handler, function
        context = SimpleNamespace(
            function_name=f"kicker-sim-{function}", memory_limit_in_mb=512, aws_request_id=f"r{self.world.number}",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:kicker-sim-{function}",
            get_remaining_time_in_millis=lambda: 60_000,
        )  # fmt: skip
        handler = app.app if function == "api" else getattr(app, "run_daily" if function == "daily" else function)
        try:
            with contextlib.redirect_stdout(NOWHERE) if sys.stdout is not NOWHERE else contextlib.nullcontext():
                return handler(event, context)  # which prints the figures for the alarms
        except Crash:
            cold_start()
            raise
        finally:
            self.world.handler = outer

    def schedule(self, function: str, moment: datetime) -> Any:
        """A scheduled run at its event's time; Lambda repeats one that failed. What it returned, or None."""
        self.at(moment)
        for _ in range(self.tries):
            with contextlib.suppress(Crash, Exception):
                return self.invoke(function, _scheduled(self.told(moment)))
        return None

    def schedule_now(self, function: str, moment: datetime) -> Any:
        """A scheduled run at once, whatever waits; once. Raises: Crash, or what the handler raised."""
        self.world.now = max(self.world.now, moment.astimezone(UTC))
        return self.invoke(function, _scheduled(moment))

    def regularly(self, function: str, moment: datetime) -> None:
        """A schedule's run with all that follows from it; where nothing repeats a failed one, also the next run."""
        self.schedule(function, moment)
        self.pump()
        if self.tries == 1:
            self.schedule(function, moment + NEXT[function])
            self.pump()

    # --- the API ---

    def request(
        self, method: str, path: str, body: bytes | str | None, headers: dict[str, str], moment: datetime | None = None
    ) -> Answer | None:
        """One request through the gateway, at this moment by its clock; None when the function died and so nothing was
        answered."""
        parts = urlsplit(path)
        resource, parameters = _resource(parts.path)
        event = {
            "httpMethod": method, "path": parts.path, "pathParameters": parameters or None, "headers": headers,
            "multiValueQueryStringParameters": parse_qs(parts.query) or None, "stageVariables": None,
            "body": body.decode() if isinstance(body, bytes) else body, "isBase64Encoded": False,
            "requestContext": {
                "httpMethod": method, "resourcePath": resource, "requestId": "req", "stage": "api",
                "requestTimeEpoch": int((moment or self.told(self.world.now)).timestamp() * 1000),
            },
        }  # fmt: skip
        try:
            answer = self.invoke("api", event)
        except Crash:
            return None
        text = answer["body"]
        return Answer(answer["statusCode"], json.loads(text) if text.startswith(("{", "[")) else text)

    def ask(
        self, method: str, path: str, *, user: str, role: str, body: object = None, fine: tuple[int, ...] = (200, 201)
    ) -> Any:
        """A person's request, repeated while it fails on our side or somebody else was faster; the body of the answer.

        Any other refusal is kept in `refused` unless its status is in `fine`."""
        for _ in range(self.patience):
            moment = self.told(self.world.now)  # whoever issued the token has the gateway's clock
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token(user, role, moment)}"}
            answer = self.request(method, path, None if body is None else json.dumps(body), headers, moment)
            if answer is not None and answer.status in fine and answer.status != 409:
                return answer.body
            if answer is not None and answer.status < 500 and answer.status != 409:
                self.refused.append(f"{method} {path}: {answer.status} {answer.body}")
                return answer.body
        if answer is None or answer.status not in fine:
            self.refused.append(f"{method} {path}: never answered")
        return None

    def send_messages(self) -> None:
        """Salesforce sends what waits until it is acknowledged."""
        for _ in range(self.patience):
            queued = self.world.org.state.waiting()
            if not queued:
                return
            body = self.world.org.state.envelope(queued)
            path = f"/salesforce/outbound-messages/{quote(OUTBOUND_TOKEN)}"
            answer = self.request("POST", path, body, {"Content-Type": "text/xml; charset=UTF-8"})
            if answer is not None and answer.status == 200 and "true</Ack>" in str(answer.body):
                sent = {q.id for q in queued}
                self.world.org.state.queue = [q for q in self.world.org.state.queue if q.id not in sent]

    def webhook(self) -> None:
        """The provider sends one webhook; refused or unanswered, it comes again behind the others."""
        hook = self.world.provider.webhooks.pop(0)
        headers = {"Content-Type": "application/json", "Tremendous-Webhook-Signature": hook.signature}
        answer = self.request("POST", "/rewards/tremendous/webhooks", hook.body, headers)
        if (answer is None or answer.status != 200) and hook.tries > 1:
            self.world.provider.webhooks.append(replace(hook, tries=hook.tries - 1))

    # --- queues ---

    def recovered(self) -> None:
        """From here on nothing fails any more, and an operator has looked after the dead letters of a storm."""
        if self.world.chance:
            self.world.chance = 0.0
            self.shuffle = 0.0
            self.world.queues.redrive()

    def drop(self, distributor: str, name: str, body: bytes) -> None:
        """A file is dropped; S3 tells the queue."""
        told = self.world.buckets.dropped(FEEDS, f"feeds/{distributor}/{name}", body, self.told(self.world.now))
        self.world.queues.put("feeds", told)

    def pump(self, until: datetime | None = None, *, twice: bool = False) -> None:
        """Deliver messages and webhooks until nothing is due (before `until`); the clock goes along. `twice` brings
        every message a second time after it was dealt with, as a queue may."""
        self._again = set() if twice else None
        for _ in range(10_000):
            due = [m for m in self.world.queues.waiting if until is None or m.visible_at <= until]
            if due:
                self.deliver(self._chosen(due))
            elif self.world.provider.webhooks:
                self.webhook()
            elif not (self.shuffle and self.world.queues.redrive()):
                self._again = None
                return
        raise AssertionError("the queues never run empty")

    def interrupt(self) -> None:
        """Called before every call and between the items of a read: now and then another worker deals with a message
        just there. What was read before is old then, and a read of many items is half of before and half of after."""
        world = self.world
        if self._interrupted or not self.shuffle or world.dice.random() >= INTERRUPTIONS:
            return
        due = [m for m in world.queues.waiting if m.visible_at <= world.now]
        if due:
            self._interrupted = True
            try:
                self.deliver([world.dice.choice(due)])
            finally:
                self._interrupted = False

    def _chosen(self, due: list[Message]) -> list[Message]:
        """The next batch: of one queue, oldest first, or as the dice say."""
        if self.shuffle:
            first = self.world.dice.choice(due)
        else:
            first = min(due, key=lambda m: (m.visible_at, m.id))
        self.world.now = max(self.world.now, first.visible_at)
        ready = [m for m in due if m.queue == first.queue and m.visible_at <= self.world.now and m != first]
        if self.shuffle:
            self.world.dice.shuffle(ready)
        else:
            ready.sort(key=lambda m: (m.visible_at, m.id))
        return [first, *ready][: BATCHES[first.queue][1]]

    def _record(self, message: Message) -> dict[str, Any]:
        return replace(message, sent_at=self.told(message.sent_at)).record()

    def deliver(self, batch: list[Message]) -> None:
        """One invocation with these messages; those that fail become visible again."""
        queues = self.world.queues
        received = [replace(m, receives=m.receives + 1) for m in batch]
        queues.waiting = [m for m in queues.waiting if m not in batch]
        try:
            told = self.invoke(BATCHES[batch[0].queue][0], {"Records": [self._record(m) for m in received]})
            failed = {f["itemIdentifier"] for f in told.get("batchItemFailures", ())}
        except (Crash, Exception):  # noqa: BLE001 - as Lambda does: the whole batch comes again
            failed = {m.id for m in batch}
        for message in received:
            if message.id in failed:
                queues.again(message, timedelta(0) if self.prompt else VISIBILITY)
            elif self._again is not None and message.id not in self._again:
                self._again.add(message.id)
                queues.waiting.append(replace(message, receives=0))
            elif self.shuffle and self.world.dice.random() < self.shuffle:
                queues.waiting.append(
                    replace(message, visible_at=self.world.now + self.world.dice.random() * VISIBILITY)
                )


def _scheduled(moment: datetime) -> dict[str, Any]:
    return {
        "version": "0", "id": f"at-{moment.timestamp():.0f}", "detail-type": "Scheduled Event", "resources": [],
        "source": "aws.events", "account": "000000000000", "region": "us-east-1", "detail": {},
        "time": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip


@lru_cache(maxsize=512)
def _resource(path: str) -> tuple[str, dict[str, str]]:
    """The route a path belongs to, literal segments first, as API Gateway chooses."""
    given = path.strip("/").split("/")
    for route in sorted(product().app.routes, key=lambda r: (r.count("{"), r)):
        wanted = route.strip("/").split("/")
        if len(wanted) == len(given) and all(w.startswith("{") or w == g for w, g in zip(wanted, given, strict=True)):
            return route, {w[1:-1]: g for w, g in zip(wanted, given, strict=True) if w.startswith("{")}
    raise LookupError(f"no route {path}")


Step = Callable[[Stage], None]
