"""Planted bugs of the conditions: who is kept out, what stands beside what, and of which type a deal is."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONDITIONS = "chalicelib/domain/conditions/"
_IN_DEALS = "tests/domain/test_conditions_in_deals.py::"
_EDGES = "tests/domain/test_conditions.py::test_a_condition_holds_up_to_its_edge_and_names_the_smallest_change"

CONDITIONS = (
    Mutant(
        "unknown-is-not",
        "a customer of unknown region is taken for one outside the region a not names",
        _CONDITIONS + "combinations.py",
        "return None if found is None else not found",
        "return not found",
        (_EDGES,),
    ),
    Mutant(
        "band-exclusive",
        "a customer with the most employees of its band is in none",
        _CONDITIONS + "customers.py",
        "deal.employees <= most)",
        "deal.employees < most)",
        (_EDGES,),
    ),
    Mutant(
        "order-on-the-day-late",
        "an order on the day of the approval comes before it",
        _CONDITIONS + "lines.py",
        "return subject.line.ordered_on >= subject.approved_on",
        "return subject.line.ordered_on > subject.approved_on",
        (_IN_DEALS + "test_an_order_before_the_registration_does_not_count_where_the_program_asks",),
    ),
    Mutant(
        "returned-base-attaches",
        "a base product that went back keeps what was attached to it",
        "chalicelib/domain/attachments.py",
        "if left > 0 else []",
        "if sold else []",
        (_IN_DEALS + "test_the_target_counts_only_beside_its_base_product",),
    ),
    Mutant(
        "public-sector-paid",
        "a vendor pays on a deal of the public sector",
        "chalicelib/domain/rules.py",
        "self.commercial = bool(by_itself) and not public_sector",
        "self.commercial = False",
        (_IN_DEALS + "test_a_public_sector_deal_is_left_out_of_vendor_layers_unless_compliance_says_why",),
    ),
    Mutant(
        "co-term-all-renewal",
        "the seats a co-term adds earn the renewal's rate",
        "chalicelib/domain/deal_types.py",
        '("expansion", Fraction(quantity - renewed, quantity))',
        '("renewal", Fraction(quantity - renewed, quantity))',
        (_IN_DEALS + "test_a_co_term_earns_each_part_at_its_own_rate",),
    ),
    Mutant(
        "remedy-untried",
        "a proof names a change that breaks another condition",
        _CONDITIONS + "ways_out.py",
        "if proposed and whole.holds(applied(proposed, subject, product)):",
        "if proposed:",
        ("tests/domain/test_proof_changes.py::test_the_change_a_miss_names_makes_it_hold",),
    ),
)
