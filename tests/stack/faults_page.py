"""docs/proof/stack.md, written by a run of `tests/stack/test_faults.py` with `KICKER_PROOF=write`."""

from __future__ import annotations

from pathlib import Path

from tests.stack.dynamodb_proxy import AFTER, BEFORE, KILLS, Proxy
from tests.stack.harsh_month import Figures

PAGE = Path(__file__).parent.parent.parent / "docs" / "proof" / "stack.md"

_HEAD = """\
# The whole stack under faults

One month of forty reps on the embedded stack: the packaged template, every function a process of its own, IAM enforced.
A proxy stands between the functions and DynamoDB and fails calls by a seeded plan, or ends the function that calls, by
SIGKILL. The emulator is ended and started again on what it stored. The provider is away for 30 hours, then for 50.
At the end every standing and payout is what the deals alone say, the provider holds one order a payout, and the ledger
audit finds nothing.

`KICKER_PROOF=write .venv/bin/python -m pytest tests/stack/test_faults.py` repeats it and writes this page. The n-th
call fails the same way in every run; which function makes it is up to the machine, so the figures differ a little.

"""
MEANS = {
    "throttled": "ProvisionedThroughputExceededException, nothing done",
    "limited": "ThrottlingException, nothing done",
    "error_before": "500, nothing done",
    "dropped_before": "the connection closed, nothing done",
    "conflict": "TransactionCanceledException because of a conflict, nothing done",
    "error_after": "500, though it was done",
    "reply_lost": "the connection closed, though it was done",
    "reply_cut": "half an answer, though it was done",
    "killed_before": "the function killed, nothing done",
    "killed_after": "the function killed, though it was done",
}


def page(figures: Figures, proxy: Proxy) -> str:
    """The page: the totals, the faults by kind, the scenes."""
    lost = ", ".join(f"{n} {name}" for name, n in sorted(figures.killed.items()))
    dead = ", ".join(f"{n} {name}" for name, n in sorted(figures.dead_letters.items())) or "none"
    total = (
        f"**{proxy.fired.total():,} faults in {proxy.calls.total():,} tries of DynamoDB calls, seen by the proxy.** "
        f"{proxy.heard.total():,} calls failed in every try. {figures.killed.total()} functions were killed ({lost}). "
        f"The stack was restarted {figures.restarts} times. Dead letters: {dead}. "
        f"{figures.repeated} requests or scheduled runs failed and were repeated."
    )
    said = [
        total,
        "",
        "| fault | is | fired |",
        "|---|---|---|",
        *(f"| `{kind}` | {MEANS[kind]} | {proxy.fired[kind]:,} |" for kind in (*BEFORE, *AFTER, *KILLS)),
        "",
        "| operation | tries seen |",
        "|---|---|",
        *(f"| {operation} | {n:,} |" for operation, n in sorted(proxy.calls.items())),
        "",
        "| scene | tries | faults | killed | dead letters | repeated |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {row.calls:,} | {row.faults:,} | {row.killed} | {row.dead_letters} | {row.repeated} |"
            for name, row in figures.scenes
        ),
    ]
    return _HEAD + "\n".join(said) + "\n"
