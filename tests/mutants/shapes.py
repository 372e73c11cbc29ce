"""Planted bugs of the shapes: tiers, caps, first deals, attach bonuses, overlays, prizes, and what the card says."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_BUDGETS = "chalicelib/domain/budgets.py"
_CAPS = "chalicelib/domain/caps.py"
_PRIZES = "chalicelib/domain/prizes.py"
_STANDINGS = "chalicelib/domain/standings.py"

_T_SHAPES = "tests/domain/test_shapes.py::"
_T_CAPS = "tests/domain/test_caps.py::"
_T_PRIZES = "tests/domain/test_prizes.py::"

SHAPES = (
    Mutant(
        "marginal-lifts-all",
        "a marginal tier lifts the points below it too",
        _STANDINGS,
        "extra = sum((end - t.from_points) * (t.percent - 100)",
        "extra = sum(end * (t.percent - 100)",
        (_T_SHAPES + "test_a_tier_lifts_every_point_or_only_those_above_it",),
    ),
    Mutant(
        "late-deal-takes-the-place",
        "a deal that confirms late takes a paid one's place among the first deals",
        _BUDGETS,
        "key=lambda e: (e.registration not in held, e.when))",
        "key=lambda e: e.when)",
        (_T_CAPS + "test_a_place_among_the_first_deals_that_was_paid_is_kept",),
    ),
    Mutant(
        "program-cap-by-layer",
        "the cap over all layers goes to the first layer, not to the earlier deal",
        _CAPS,
        "key=lambda found: (found[0].when, places.index(found[1])),",
        "key=lambda found: places.index(found[1]),",
        (_T_CAPS + "test_a_cap_over_all_layers_is_filled_in_business_time_and_the_straddler_gets_what_fits",),
    ),
    Mutant(
        "program-budget-a-layer",
        "the budget of the program begins anew with every layer",
        "chalicelib/domain/program_budget.py",
        "left = left - part * value[place] if part == claim.points else 0",
        "left = left if part == claim.points else 0",
        (_T_CAPS + "test_a_program_budget_ends_at_one_deal_over_all_layers",),
    ),
    Mutant(
        "prizes-not-pooled",
        "those who share a place all get its whole prize",
        _PRIZES,
        "each, more = divmod(pool, len(reps))",
        "each, more = amounts[place - 1] if place <= len(amounts) else 0, 0",
        (_T_PRIZES + "test_equal_places_pool_their_prizes_and_share_them_to_the_cent",),
    ),
    Mutant(
        "prize-in-every-run",
        "rank prizes are given again with every trailing run",
        "chalicelib/domain/payout_plan.py",
        "prizes = _prizes(program, reps, paid) if run == 0 else {}",
        "prizes = _prizes(program, reps, [])",
        (_T_PRIZES + "test_prizes_are_given_once_and_nothing_that_comes_later_moves_them",),
    ),
    Mutant(
        "overlay-from-the-split",
        "an overlay is divided among the sellers of the split",
        "chalicelib/domain/registrations.py",
        "return tuple(c for c in self.overlays if c.role == role) if role else self.credits",
        "return self.credits",
        ("tests/services/test_overlays.py::test_an_overlay_pays_its_role_beside_the_split_of_100_percent",),
    ),
    Mutant(
        "attach-on-the-order",
        "a base product counts for an attach bonus after it went back",
        "chalicelib/domain/worth.py",
        "return bonus.points if base.net > 0 or base.net_minor > 0 else 0",
        "return bonus.points if base.gross > 0 or base.gross_minor > 0 else 0",
        (_T_SHAPES + "test_a_base_product_on_a_confirmed_line_of_the_deal_adds_its_bonus",),
    ),
    Mutant(
        "layer-window-ignored",
        "a layer's own days are on the card and not in the scoring",
        "chalicelib/domain/counted.py",
        "if own is not None and not own[0] <= day <= own[1]:",
        "if False:",
        (_T_SHAPES + "test_a_layer_with_its_own_window_counts_only_its_days",),
    ),
    Mutant(
        "card-omits-the-cap",
        "the card does not say that a layer is capped",
        "chalicelib/domain/small_print.py",
        "if layer.cap_points_per_rep is not None:",
        "if layer.cap_points_per_rep is not None and layer.budget is not None:",
        ("tests/domain/test_card_facts.py::test_what_is_read_from_the_card_is_what_the_document_says",),
    ),
)
