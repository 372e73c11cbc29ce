"""Play a month of a reseller's life on the local stack: `make demo`, or `make demo ONCE=1` to end by itself.

    python -m local.demo --once

Brings the stack up, plays the story, prints what happened, and exits non-zero if any of it was untrue. Without
`--once` the stack stays up until Ctrl-C, so that you can look around.
"""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.deploy import DeploymentFailed
from local import preview, processes
from local.stack import state_directory
from local.story import Story
from local.story_world import ADAM, ANA, BEN, CASH, CHI, DEE, FAY, NAMES, PUSH, TOGETHER, Month
from local.theatre import Theatre
from local.up import NotStarted, Progress, up

BAR = 40  # characters of the longest bar


def main() -> int:
    """The whole demo; the exit code is the story's."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="end by itself when the story is told")
    once = parser.parse_args().once
    directory, console = state_directory(), Console(width=110, highlight=False)
    processes.stop_all(directory)  # the story wants a fresh stage
    (directory / "stack.json").unlink(missing_ok=True)
    try:
        up(directory, Progress())
        story = Story(Theatre.open(directory), Month.around(datetime.now(UTC).date()), console.print)
        console.rule("A month at Harborline")
        story.play()
        summary(story, console)
        untrue = [truth for truth in story.truths if not truth[1]]
        console.print(f"{len(story.truths) - len(untrue)} of {len(story.truths)} claims are true.")
        for claim, _, seen in untrue:
            console.print(f"[red]untrue:[/red] {claim}\n        saw {seen}", markup=True)
        if not once:
            show_the_home_page(story, console)
            wait_for_the_end(story, console)
        return 1 if untrue else 0
    except (NotStarted, DeploymentFailed) as failed:
        console.print(str(failed))
        return 1
    finally:
        processes.stop_all(directory)
        (directory / "stack.json").unlink(missing_ok=True)


def show_the_home_page(story: Story, console: Console) -> None:
    """Start the Lightning components against this stack and say where, or loudly why not."""
    console.rule("What the reps see in Salesforce")
    try:
        url = preview.start(story.theatre.directory)
    except preview.NoPreview as why:
        console.print(f"[bold red]The home page is NOT shown:[/bold red] {why}", markup=True)
        return
    console.print(f"Home page          {url}/?rep={ANA}")
    console.print("                   another rep is chosen at the top; &slds=2 shows SLDS 2")
    console.print(f"Every state        {url}/states")


def wait_for_the_end(story: Story, console: Console) -> None:
    """Say where to look, then wait for Ctrl-C."""
    stack = story.theatre.stack
    console.print(f"API                {stack.api_url}")
    console.print(f"Outbound messages  {stack.outbound_message_url}")
    console.print(f"Reward orders      {stack.rewards_url}/_sim/orders")
    console.print(f"A token for Ana    make token ROLE=rep USER={ANA}")
    console.print("Everything else is in .local/stack.json. Ctrl-C ends it.")
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # else SIGTERM ends us before the stack is ended
    signal.sigwait(ends)


def summary(story: Story, console: Console) -> None:
    """What the month came to: standings, the board, payouts."""
    console.rule("Where everybody stands")
    console.print(standings_table(story))
    console.rule("Leaderboard of the identity push")
    for line in board_picture(story):
        console.print(line)
    console.rule("Paid")
    console.print(payouts_table(story))
    console.print(periods_table(story))


def standings_table(story: Story) -> Table:
    """Confirmed and waiting money of every rep in every program, layers apart."""
    table = Table("Rep", "Program", "Layer", "Confirmed", "Waiting", "Next tier", box=None, pad_edge=False)
    for rep in (ANA, BEN, CHI, DEE):
        for program in (PUSH, CASH, TOGETHER):
            for layer in (story.standing(rep, program) or {"layers": []})["layers"]:
                tier = layer["next_tier"]
                ahead = f"{tier['missing_points']} points to {tier['name']}" if tier else ""
                waiting = money(layer["provisional"]["money"])
                confirmed = money(layer["confirmed"]["money"])
                table.add_row(NAMES[rep], program, layer["layer"], confirmed, waiting, ahead)
    return table


def board_picture(story: Story) -> list[str]:
    """The board as bars: full for confirmed, light for what waits."""
    found = story.theatre.get(f"/programs/{PUSH}/leaderboard", user=ANA, role="rep")
    most = max((row["confirmed"]["minor"] + row["provisional"]["minor"] for row in found["top"]), default=0) or 1
    lines = []
    for row in found["top"]:
        full = round(BAR * row["confirmed"]["minor"] / most)
        light = round(BAR * row["provisional"]["minor"] / most)
        name = row["name"] + (" (you)" if row["you"] else "")
        lines.append(f"{row['rank']:>3}  {name:<22} {'█' * full}{'░' * light} {money(row['confirmed'])}")
    return lines


def payouts_table(story: Story) -> Table:
    """Every payout with its state and clock."""
    table = Table("Program", "Run", "Rep", "Amount", "State", "Provider order", "Within 48 h", box=None, pad_edge=False)
    for p in sorted(story.payouts(), key=lambda p: (p["program"], p["run"], NAMES.get(p["rep"], p["rep"]))):
        amount = money({"minor": p["amount_minor"], "currency": p["currency"]})
        clock = "yes" if p["within_48h"] else p["why_not"]
        who = NAMES.get(p["rep"], p["rep"])
        table.add_row(p["program"], str(p["run"]), who, amount, p["state"], p["provider_order_id"], clock)
    return table


def periods_table(story: Story) -> Table:
    """Where every period stands."""
    table = Table("Program", "Period", "Missing feeds at the close", box=None, pad_edge=False)
    for program in (PUSH, CASH, TOGETHER):
        period = story.theatre.get(f"/periods/{program}", user=FAY, role="finance")
        table.add_row(program, str(period.get("state")), ", ".join(period["watermark"]["missing"]) or "none")
    feeds = story.theatre.get("/feeds", user=ADAM, role="admin")
    table.caption = f"{len(feeds.get('sources', feeds))} sources reported"
    return table


def money(amount: dict[str, Any]) -> str:
    """An amount for people."""
    return f"{amount['minor'] / 100:,.2f} {amount['currency']}"


if __name__ == "__main__":
    sys.exit(main())
