from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.errors import BrokenPromise, Conflict, Forbidden, InvalidDocument, NotFound
from chalicelib.domain.payouts import PayoutState
from chalicelib.services.approve_payouts import QUEUED_AT_ONCE
from chalicelib.services.ports import Person
from chalicelib.services.reward_port import OrderState, Outcome, ProviderUnavailable
from tests.builders import ANA, BEN, a_program
from tests.services.house import CLOSE, FINANCE, PROGRAM, House

AUTHOR = a_program().author


def a_waiting_house(**changes: object) -> House:
    """Ana and Ben are owed 100 dollars each; nobody has released the run."""
    house = House(a_program(**changes))
    house.earns(ANA, "R1", 100)
    house.earns(BEN, "R2", 100)
    house.close()
    return house


def digest_of(house: House) -> str:
    return house.money.runs(PROGRAM)[0].digest


def test_a_run_without_a_limit_waits_for_a_person() -> None:
    house = a_waiting_house()
    assert {p.state for p in house.payouts()} == {PayoutState.PLANNED}
    assert house.queue.waiting == []


def test_an_approved_run_is_queued_as_it_was_shown() -> None:
    house = a_waiting_house()
    house.approvals.approve(PROGRAM, 0, digest=digest_of(house), by=FINANCE, now=CLOSE)
    assert {p.state for p in house.payouts()} == {PayoutState.QUEUED}
    assert {p.approved_minor for p in house.payouts()} == {10000}
    approval = house.money.runs(PROGRAM)[0].approval
    assert approval is not None and (approval.by, approval.digest) == (FINANCE, digest_of(house))


@pytest.mark.parametrize(
    ("by", "activated_by", "why"),
    [
        (ANA, (), "her own award"), (AUTHOR, (), "wrote"), (AUTHOR[:15], (), "wrote"),
        (FINANCE, ("0055w00000ADM00AAA", FINANCE), "activated"),
        (FINANCE, (FINANCE, "0055w00000ADM00AAA"), "activated"),
    ],
    ids=["payee", "author", "author by the short id", "activator", "activator of the first version"],
)  # fmt: skip
def test_nobody_releases_what_is_hers(by: str, activated_by: tuple[str, ...], why: str) -> None:
    """domain.md 31."""
    house = a_waiting_house()
    with pytest.raises(Forbidden, match=why):
        house.approvals.approve(PROGRAM, 0, digest=digest_of(house), by=by, now=CLOSE, activated_by=activated_by)
    assert house.queue.waiting == []


def test_only_the_digest_that_was_shown_can_be_approved() -> None:
    house = a_waiting_house()
    with pytest.raises(Conflict, match="not the one you were shown"):
        house.approvals.approve(PROGRAM, 0, digest="0" * 64, by=FINANCE, now=CLOSE)
    with pytest.raises(NotFound):
        house.approvals.approve(PROGRAM, 7, digest=digest_of(house), by=FINANCE, now=CLOSE)


def test_payouts_changed_behind_the_approvers_back_are_not_released() -> None:
    house = a_waiting_house()
    house.money.tamper(house.payouts()[0].key, amount_minor=1_000_000)
    with pytest.raises(BrokenPromise, match="not those it was sealed with"):
        house.approvals.approve(PROGRAM, 0, digest=digest_of(house), by=FINANCE, now=CLOSE)
    assert house.queue.waiting == []


def test_approving_twice_releases_once_and_a_second_person_is_told_who_was_first() -> None:
    house = a_waiting_house()
    for _ in range(2):
        house.approvals.approve(PROGRAM, 0, digest=digest_of(house), by=FINANCE, now=CLOSE)
    assert len(house.queue.waiting) == 2
    with pytest.raises(Conflict, match=FINANCE):
        house.approvals.approve(PROGRAM, 0, digest=digest_of(house), by="0055w00000FI200AAA", now=CLOSE)


@pytest.mark.parametrize(("limit", "queued"), [(20000, 2), (19999, 0), (None, 0)])
def test_a_run_within_the_programs_limit_needs_no_person(limit: int | None, queued: int) -> None:
    house = a_waiting_house(auto_approve_minor=limit)
    assert len(house.queue.waiting) == queued


def test_a_large_run_is_released_at_once_and_queued_by_the_next_close() -> None:
    """A thousand payouts are two thousand writes: more than a person's request may take."""
    reps = [f"0055w0000{n:06d}AAA" for n in range(QUEUED_AT_ONCE + 1)]
    large = House(a_program())
    large.people.put([Person(rep, "Rep", f"{rep}@harborline.example", True, "US") for rep in reps])
    for rep in reps:
        large.earns(rep, f"R{rep}", 10)
    large.close()
    found = large.approvals.approve(PROGRAM, 0, digest=digest_of(large), by=FINANCE, now=CLOSE)
    assert found.approval is not None and large.queue.waiting == []
    large.close(CLOSE + timedelta(minutes=15))
    assert len(large.queue.waiting) == len(reps)


def test_a_refused_address_is_mended_under_the_same_key() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    house.provider.faults = [Outcome.REJECTED]
    house.drain()
    (refused,) = [p for p in house.payouts() if p.state is PayoutState.REJECTED]
    house.approvals.readdress(refused.key, name="Ana", email="new@harborline.example", by=FINANCE, now=CLOSE)
    house.close(CLOSE + timedelta(minutes=15))
    house.drain()
    assert house.provider.orders[refused.key].recipient_email == "new@harborline.example"
    assert len(house.provider.orders) == 2
    assert house.work.open("payout_rejected") == []


def test_an_address_is_not_changed_while_an_order_may_exist() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    house.provider.faults = [Outcome.REJECTED, "silent"]
    house.drain()
    (refused,) = [p for p in house.payouts() if p.state is PayoutState.REJECTED]
    house.provider.orders[refused.key] = next(iter(house.provider.orders.values()))
    with pytest.raises(Conflict, match="holds an order"):
        house.approvals.readdress(refused.key, name="Ana", email="new@x.example", by=FINANCE, now=CLOSE)
    (other,) = [p for p in house.payouts() if p.state is not PayoutState.REJECTED]
    with pytest.raises(Conflict, match="takes another e-mail address"):
        house.approvals.readdress(other.key, name="Ben", email="new@x.example", by=FINANCE, now=CLOSE)


def test_nobody_changes_the_address_of_her_own_payout() -> None:
    house = House()
    house.people.put([Person(ANA, "Ana", "", True)])
    house.earns(ANA, "R1", 100)
    house.close()
    (blocked,) = house.payouts()
    with pytest.raises(Forbidden):
        house.approvals.readdress(blocked.key, name="Ana", email="me@home.example", by=ANA, now=CLOSE)
    house.approvals.readdress(blocked.key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    house.close(CLOSE + timedelta(minutes=15))
    house.drain()
    assert [o.recipient_email for o in house.provider.orders.values()] == ["ana@home.example"]


def undeliverable(house: House) -> str:
    """The key of a payout that was ordered and could not be delivered."""
    house.drain()
    key = house.payouts()[0].key
    house.provider.becomes(OrderState.DELIVERY_FAILED, key)
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=1))
    return key


def test_what_could_not_be_delivered_is_delivered_again_and_never_ordered_again() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    key = undeliverable(house)
    assert [entry["id"] for entry in house.work.open("payout_not_delivered")] == [key]
    after = house.approvals.readdress(key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    assert (after.state, after.recipient_email) == (PayoutState.ACCEPTED, "ana@home.example")
    assert house.work.open("payout_not_delivered") == []
    house.close(CLOSE + timedelta(hours=2))
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=3))
    assert {p.state for p in house.payouts()} == {PayoutState.CONFIRMED}
    assert len(house.provider.sent) == len(house.provider.orders) == 2
    assert house.provider.orders[key].recipient_email == "ana@home.example"


def test_a_second_delivery_whose_answer_was_lost_is_not_asked_for_again() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    key = undeliverable(house)
    house.provider.resend(house.provider.orders[key], "ana@home.example")  # done, and nobody was told
    with pytest.raises(Conflict, match="did not fail"):
        house.approvals.readdress(key, name="Ana", email="ana@other.example", by=FINANCE, now=CLOSE)
    after = house.approvals.readdress(key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    assert (after.state, after.recipient_email) == (PayoutState.ACCEPTED, "ana@home.example")


def test_the_same_address_again_finishes_what_a_worker_that_died_began() -> None:
    """Found by the crash sweep: between payout and work list the entry stayed open for good."""
    house = a_waiting_house(auto_approve_minor=20000)
    key = undeliverable(house)
    (entry,) = house.work.open("payout_not_delivered")
    first = house.approvals.readdress(key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    house.work.put("payout_not_delivered", key, entry, CLOSE + timedelta(minutes=1))
    again = house.approvals.readdress(key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    assert again == first
    assert house.work.open("payout_not_delivered") == []
    with pytest.raises(Conflict, match="takes another e-mail address"):
        house.approvals.readdress(key, name="Ana", email="ana@other.example", by=FINANCE, now=CLOSE)


def test_a_provider_that_is_down_changes_no_address() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    key = undeliverable(house)
    house.provider.down = True
    with pytest.raises(ProviderUnavailable):
        house.approvals.readdress(key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
    found = house.money.payout(key)
    assert found is not None and found.state is PayoutState.DELIVERY_FAILED


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@home", "a b@home.example", "ana@home.example\n", "@home.example", f"{'a' * 250}@home.example"],
)
def test_what_is_no_address_is_refused_before_anything_is_asked(email: str) -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    key = undeliverable(house)
    with pytest.raises(InvalidDocument):
        house.approvals.readdress(key, name="Ana", email=email, by=FINANCE, now=CLOSE)


def test_nobody_sends_a_colleagues_payout_to_herself() -> None:
    house = a_waiting_house(auto_approve_minor=20000)
    house.people.put([Person(FINANCE, "Fay", "fay@harborline.example", True, "US")])
    key = undeliverable(house)
    with pytest.raises(Forbidden, match="your own address"):
        house.approvals.readdress(key, name="Ana", email="Fay@Harborline.example", by=FINANCE, now=CLOSE)


def test_another_address_opens_no_country_the_program_does_not_pay_to() -> None:
    """domain.md 26: countries are an allow-list."""
    house = House(a_program(auto_approve_minor=20000, countries=("US",)))
    house.people.put([Person(ANA, "Ana", "ana@harborline.example", True, "FR")])
    house.earns(ANA, "R1", 100)
    house.close()
    (blocked,) = house.payouts()
    assert blocked.state is PayoutState.BLOCKED
    with pytest.raises(Conflict, match="lives in FR"):
        house.approvals.readdress(blocked.key, name="Ana", email="ana@home.example", by=FINANCE, now=CLOSE)
