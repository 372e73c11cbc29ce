"""A restore from a cut in the middle of a step (the bounded part; `make prove` takes every cut): docs/operations.md,
"After a restore", holds."""

from __future__ import annotations

import pytest

from tests.simulator.parts import recorded
from tests.simulator.restore import SCORING_STEPS, Cut, Restores, judged
from tests.simulator.world import CORE, MONEY

MOST = 9  # cuts of one step


@pytest.fixture(scope="module")
def restores():
    sweep = recorded()
    with sweep.world.installed():
        yield Restores(sweep)


@pytest.mark.parametrize("name", [s for s in SCORING_STEPS if s in ("week 1", "moved approved", "credit memo")])
def test_when_the_audit_is_silent_telling_again_brings_a_restored_core_to_the_same_end(
    restores: Restores, name: str
) -> None:
    cuts = restores.cuts(restores.named(name))
    results = [restores.run(cut) for cut in cuts[:: -(-len(cuts) // MOST)]]
    assert not [wrong for result in results if (wrong := judged(result))]
    assert [result for result in results if result.repaired]  # a standing was behind, and was set
    assert [result for result in results if result.left]  # a cut through a transaction, and the audit says so


@pytest.mark.parametrize("name", ["close without the feed that never came", "close again"])
def test_nobody_is_paid_twice_after_a_restore_of_the_money(restores: Restores, name: str) -> None:
    """The provider has orders our table does not know any more: the same keys and bytes meet them."""
    cuts = [cut for cut in restores.cuts(restores.named(name), (MONEY,), ()) if not cut.half]
    for cut in cuts[:: -(-len(cuts) // 5)]:
        result = restores.run_on(cut)
        assert not (result.found or result.different), (cut, result)


def test_a_cut_through_the_plan_of_a_run_is_found_and_pays_nobody_twice(restores: Restores) -> None:
    step = restores.named("close without the feed that never came")
    cuts = [cut for cut in restores.cuts(step, (MONEY,), ()) if cut.half]
    for cut in [*cuts[:: -(-len(cuts) // 5)], cuts[-1]]:
        result = restores.run_on(cut)
        assert result.found, cut
        assert any(found.startswith("payout") for found in result.found)
        assert restores.paid_once(), cut


def test_a_deal_whose_book_alone_reached_the_copy_is_found(restores: Restores) -> None:
    """No entry leads to it, and no standing: only the scan of a restored table does."""
    step = restores.named("moved approved")
    assert restores.written(step)[0][0][0][1].startswith("BOOK#")
    result = restores.run(Cut(step, 0, frozenset({0}), (CORE,)))
    assert result.found[0].startswith("chain: deal book 001KCK000000109YBA/2026Q4")
