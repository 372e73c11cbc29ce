"""Facts reach the deployed stack: five renderings of one month, every shape of message, an alias."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.adapters.dynamodb.codec import unpack
from chalicelib.domain.orders import OrderLine
from local.ports import wait_until
from local.stack import Stack
from local.theatre import Theatre
from tests.feeds.reading_of import an_item, items

GOLDEN = Path(__file__).parents[1] / "golden"
SET_A = sorted((GOLDEN / "feeds").glob("setA_*"))
MESSAGES = [p for p in sorted((GOLDEN / "outbound").glob("*.xml")) if p.stem not in ("ack", "fault")]
ADMIN = "00558000001AdmAAAS"


@pytest.fixture
def theatre(stack: Stack, stack_directory: Path) -> Theatre:
    return Theatre(stack, stack_directory)


def reports_of(theatre: Theatre, distributor: str, names: list[str]) -> list[dict[str, Any]]:
    """The reports of these files once nothing of them waits."""

    def finished() -> list[dict[str, Any]]:
        found = [theatre.report(f"reports/feeds/{distributor}/{name}.json") for name in names]
        return found if all(r and r["state"] in ("done", "duplicate", "refused") for r in found) else []

    assert wait_until(lambda: bool(finished()), seconds=180)
    return finished()


def lines_of(stack: Stack, distributor: str) -> list[OrderLine]:
    pages = stack.aws("dynamodb").get_paginator("scan").paginate(TableName=stack.tables["core"], ConsistentRead=True)
    items_ = [i for page in pages for i in page["Items"] if i["pk"]["S"].startswith(f"LINE#{distributor}|")]
    return [unpack(i["body"]["B"], OrderLine) for i in items_]


@pytest.mark.parametrize("turned", [False, True])
def test_five_files_at_once_under_one_distributor_are_sixty_lines(stack: Stack, theatre: Theatre, turned: bool):
    """Dropped together, so that read_feed and score_lines run side by side."""
    distributor = "turned" if turned else "straight"
    files = SET_A[::-1] if turned else SET_A
    for file in files:
        theatre.drop(distributor, file.name, file.read_bytes())
    for report in reports_of(theatre, distributor, [f.name for f in files]):
        counts = report["counts"]
        known = sum(counts[n] for n in ("scored", "pending", "unmatched", "quarantined", "duplicate", "waiting"))
        assert counts["in"] == known + sum(counts["ignored"].values())
        assert (report["canonical"]["lines"], Decimal(report["canonical"]["total"])) == (60, Decimal("661758.35"))
    found = [line for line in lines_of(stack, distributor) if not line.held]
    assert (len(found), sum(line.quantity for line in found)) == (60, 1018)
    assert sum(line.amount.decimal() for line in found) == Decimal("661758.35")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda path: path.stem)
def test_a_message_of_this_org_is_acknowledged_and_one_of_another_is_refused(stack: Stack, message: Path):
    text = message.read_text()
    ours = re.sub("<OrganizationId>[^<]*<", f"<OrganizationId>{stack.organization_id}<", text)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    answer = urllib3.request("POST", stack.outbound_message_url, body=ours.encode(), headers=headers, timeout=30)
    assert (answer.status, b"<Ack>true</Ack>" in answer.data) == (200, True)
    answer = urllib3.request("POST", stack.outbound_message_url, body=text.encode(), headers=headers, timeout=30)
    assert (answer.status, b"Fault" in answer.data, b"Ack" in answer.data) == (403, True, False)


def test_an_alias_put_through_the_api_is_found_by_the_index_and_re_tried(
    stack: Stack, theatre: Theatre, bearer: Callable[..., dict[str, str]]
):
    """The line waits under a part number nobody registered; mapped, it is another product under the same PO."""
    theatre.drop("aliased", "a.csv", items(an_item(1, sku="OLD-NAME", po="PO-4711")))
    reports_of(theatre, "aliased", ["a.csv"])
    [line] = lines_of(stack, "aliased")
    assert (line.sku, line.told_sku) == ("OLD-NAME", None)
    alias = {"distributor": "aliased", "kind": "sku", "code": "old-name", "sku": "NEW-NAME", "valid_from": "2026-10-01"}
    answer = urllib3.request(
        "PUT", f"{stack.api_url}/config/alias/renamed", json=alias, headers=bearer(ADMIN, "admin"), timeout=30
    )
    assert answer.status == 200, answer.data

    def renamed() -> bool:
        [line] = lines_of(stack, "aliased")
        return (line.sku, line.told_sku) == ("NEW-NAME", "OLD-NAME")

    assert wait_until(renamed, seconds=180)
    answer = urllib3.request("GET", f"{stack.api_url}/work/orphan", headers=bearer(ADMIN, "admin"), timeout=30)
    assert [e["sku"] for e in answer.json()["open"] if e["distributor"] == "aliased"] == ["NEW-NAME"]
