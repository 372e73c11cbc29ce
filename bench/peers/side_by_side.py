"""Every engine over the same rules and lines in one process: `python -m bench.peers.side_by_side` in the peers' venv.

Totals first: nothing is timed before all say the same. CPU seconds, the best of three, of seven for those that take
microseconds a line; fewer lines for slow engines, so that each takes its time and no more. Then the whole job beside
functions written by hand for it (`whole`). Neither they nor the bare closures may be faster.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bench.peers import whole
from bench.peers.engines import ENGINES
from bench.peers.fifty import lines, rules

CHECKED, TIMED = 2_000, {"kicker": 20_000, "closures": 20_000, "zen-engine": 20_000}
WHOLE = 20_000
_QUICK = 1.0  # CPU seconds a run; what is over sooner is disturbed more easily


def main() -> int:
    """Print a row an engine; 1 when totals differ or what is written by hand is faster."""
    fifty = rules()
    few = lines(CHECKED)
    totals = {name: make(fifty, few)(few) for name, make in ENGINES.items()}
    if len(set(totals.values())) != 1:
        print(f"the engines do not agree: {totals}")
        return 1
    print(f"all agree: {totals['kicker']:,} points for {CHECKED:,} lines under 50 rules")
    each = {}
    for name, make in ENGINES.items():
        told = lines(TIMED.get(name, CHECKED))
        judge = make(fifty, told)
        each[name] = _seconds(lambda judge=judge, told=told: judge(told)) / len(told)  # type: ignore[misc]
    for name, seconds in each.items():
        ratio = seconds / each["kicker"]
        print(f"{name:<16}{1 / seconds:>12,.0f} lines/s{seconds * 1e6:>10.1f} us a line{ratio:>9.2f}x of kicker's time")
    return max(_whole(), 1 if each["closures"] < each["kicker"] else 0)


def _whole() -> int:
    fifty, told = rules(), whole.deals(WHOLE)
    ours, by_hand = whole.kicker(fifty, told), whole.by_hand(fifty, told)
    if ours() != by_hand():
        print("the whole job by hand comes to something else")
        return 1
    each = {"kicker": _seconds(ours) / WHOLE, "by hand": _seconds(by_hand) / WHOLE}
    print(f"the whole job, {WHOLE:,} lines with returns, late and held ones, and seats that wait: both agree")
    for name, seconds in each.items():
        ratio = seconds / each["kicker"]
        print(f"{name:<16}{1 / seconds:>12,.0f} lines/s{seconds * 1e6:>10.1f} us a line{ratio:>9.2f}x of kicker's time")
    return 1 if each["by hand"] < each["kicker"] else 0


def _seconds(run: Callable[[], object]) -> float:
    took: list[float] = []
    while len(took) < (7 if took and took[0] < _QUICK else 3):
        started = time.process_time()
        run()
        took.append(time.process_time() - started)
    return min(took)


if __name__ == "__main__":
    sys.exit(main())
