"""Planted bugs of the rules: what a deal is worth, who gets how much of it, and on which day."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SCORING = "chalicelib/domain/scoring.py"
_COUNTED = "chalicelib/domain/counted.py"
_WORTH = "chalicelib/domain/worth.py"
_RULEBOOK = "chalicelib/domain/rulebook.py"
_RULES = "chalicelib/domain/rules.py"
_MONEY = "chalicelib/domain/money.py"
_CALENDAR = "chalicelib/domain/calendar.py"
_BUDGETS = "chalicelib/domain/budgets.py"
_STANDINGS = "chalicelib/domain/standings.py"

_T_SCORING = "tests/domain/test_scoring.py::"
_T_RULEBOOK = "tests/domain/test_rulebook.py::"
_T_BUDGETS = "tests/domain/test_budgets.py::"
_DATES = _T_SCORING + "test_dates_count_in_the_programs_zone_and_include_their_last_day"

SCORING = (
    Mutant(
        "credit-note-adds",
        "a credit note with positive numbers is a sale",
        _RULES,
        "return line.document_type in _CORRECTING or line.quantity < ZERO or line.amount.minor < 0",
        "return line.quantity < ZERO or line.amount.minor < 0",
        (_T_SCORING + "test_a_credit_note_with_positive_numbers_adds_nothing",),
    ),
    Mutant(
        "returns-raise",
        "what was returned is added instead of taken away",
        _COUNTED,
        "net, net_minor = max(left + returned, ZERO), max(left_minor + returned_minor, 0)",
        "net, net_minor = max(left - returned, ZERO), max(left_minor - returned_minor, 0)",
        (_T_SCORING + "test_what_was_cancelled_waits_again_and_what_was_returned_does_not",),
    ),
    Mutant(
        "cancelled-as-returned",
        "a cancelled quantity counts as returned: it does not wait for its order again",
        _COUNTED,
        'if CONFIRMS[line.document_type] == "order":\n            cancelled,',
        'if line.document_type == "order":\n            cancelled,',
        (_T_SCORING + "test_what_was_cancelled_waits_again_and_what_was_returned_does_not",),
    ),
    Mutant(
        "return-below-zero",
        "a return above what was ordered takes points of other deals",
        _COUNTED,
        "net, net_minor = max(left + returned, ZERO), max(left_minor + returned_minor, 0)",
        "net, net_minor = left + returned, left_minor + returned_minor",
        (_T_SCORING + "test_a_return_above_the_order_floors_at_zero",),
    ),
    Mutant(
        "held-line-counts",
        "a line that waits for a person counts already",
        _RULES,
        '        if line.held:\n            return "held"\n',
        "",
        (_T_SCORING + "test_a_held_line_counts_for_nothing_until_a_person_decided",),
    ),
    Mutant(
        "any-document-confirms",
        "an order confirms where the program names the invoice",
        _RULES,
        "if CONFIRMS[line.document_type] != self.confirming:",
        "if CONFIRMS[line.document_type] not in CONFIRMS.values():",
        (_T_SCORING + "test_only_the_named_document_confirms",),
    ),
    Mutant(
        "seats-sold-unseen",
        "a rule for more seats than were registered is passed over whatever was sold",
        _RULEBOOK,
        "if enough != found:",
        "if False:",
        (_T_RULEBOOK + "test_a_layer_for_more_seats_than_registered_is_reached_by_what_was_sold",),
    ),
    Mutant(
        "type-by-orders-unseen",
        "a rule about renewals is passed over for a deal that only the customer's orders make one",
        _RULEBOOK,
        "return bool(place.layer.pays) if place.page.rule.asks_beside else deal_type in place.layer.pays",
        "return deal_type in place.layer.pays",
        (_T_RULEBOOK + "test_what_is_passed_over_would_have_earned_nothing",),
    ),
    Mutant(
        "old-rulebook",
        "a program that changed is scored by the rules it had when it was first seen",
        _RULEBOOK,
        "key = (*versions, *map(id, chain.from_iterable(versions.values())))",
        "key = (*versions,)",
        (_T_RULEBOOK + "test_a_program_that_changed_is_another_rulebook",),
    ),
    Mutant(
        "points-half-even",
        "half a point of a percentage goes to the even neighbour",
        _WORTH,
        "return (2 * minor * rate.hundredths + divisor) // (2 * divisor)",
        "return round(Decimal(minor * rate.hundredths) / divisor)",
        (_T_SCORING + "test_percentages_round_half_up_once",),
    ),
    Mutant(
        "cents-half-even",
        "half a cent of an amount goes to the even neighbour",
        _MONEY,
        "rounding=ROUND_HALF_UP",
        'rounding="ROUND_HALF_EVEN"',
        ("tests/domain/test_money.py::test_half_a_cent_goes_away_from_zero",),
    ),
    Mutant(
        "seats-rounded-up",
        "a fraction of a seat earns a whole one",
        _WORTH,
        "rate.points * int(quantity)",
        'rate.points * int(quantity.to_integral_value("ROUND_CEILING"))',
        (_T_SCORING + "test_fractions_of_a_seat_are_rounded_down",),
    ),
    Mutant(
        "net-new-twice",
        "a net-new seat earns twice a renewal's instead of three times",
        _WORTH,
        '    if rate.kind == "per_seat":\n        return rate.points *',
        '    if rate.kind == "per_seat":\n        return min(rate.points, 2) *',
        (_T_SCORING + "test_net_new_earns_exactly_three_times_the_renewal",),
    ),
    Mutant(
        "rate-of-any-type",
        "the rate for any type of deal wins over the type's own",
        "chalicelib/domain/programs.py",
        "return own or next((r for r in self.rates if r.deal_type is None), None)",
        "return next((r for r in self.rates if r.deal_type is None), None) or own",
        (_T_SCORING + "test_a_deal_type_of_its_own_rate_is_not_paid_by_the_rate_for_any",),
    ),
    Mutant(
        "rejected-earns",
        "a rejected registration earns like an approved one",
        _SCORING,
        'if registration.status in ("submitted", "rejected", "deleted"):',
        'if registration.status in ("submitted", "deleted"):',
        (_T_SCORING + "test_what_a_registration_says_decides_what_it_may_earn",),
    ),
    Mutant(
        "window-end-exclusive",
        "the window's last day does not count",
        _RULES,
        "if not self.opens <= day <= self.ends:",
        "if not self.opens <= day < self.ends:",
        (_T_SCORING + "test_windows_of_a_day_count_that_day_only",),
    ),
    Mutant(
        "confirm-by-exclusive",
        "an order dated on the confirm-by day comes too late",
        _RULES,
        "if dated > self.confirm_by:",
        "if dated >= self.confirm_by:",
        (_DATES,),
    ),
    Mutant(
        "valid-until-exclusive",
        "an order on the registration's last valid day comes too late",
        _RULES,
        "(line.ordered_on or dated) > valid_until:",
        "(line.ordered_on or dated) >= valid_until:",
        (_DATES,),
    ),
    Mutant(
        "zone-ignored",
        "an approval's day is that of Greenwich, not of the program",
        _CALENDAR,
        "return moment.astimezone(zone(zone_name)).date()",
        "return moment.astimezone(UTC).date()",
        (_DATES,),
    ),
    Mutant(
        "summer-time-ignored",
        "a day begins by the winter offset of its zone all year",
        _CALENDAR,
        "return datetime.combine(day, time(0), tzinfo=zone(zone_name)).astimezone(UTC)",
        "winter = datetime(day.year, 1, 15, tzinfo=zone(zone_name)).utcoffset() or timedelta(0)\n"
        "    return datetime.combine(day, time(0), tzinfo=UTC) - winter",
        ("tests/domain/test_periods.py::test_a_window_that_ends_in_summer_time_ends_at_its_own_midnight",),
    ),
    Mutant(
        "todays-version-rules",
        "the newest version of a program rules every deal, also those that qualified before it",
        "chalicelib/domain/programs.py",
        "ruling = [p for p in ordered if p.effective_from <= day]",
        "ruling = ordered",
        (_T_SCORING + "test_the_version_of_the_qualifying_date_rules_and_a_return_uses_the_same",),
    ),
    Mutant(
        "version-a-day-late",
        "a version does not rule on its first day",
        "chalicelib/domain/programs.py",
        "ruling = [p for p in ordered if p.effective_from <= day]",
        "ruling = [p for p in ordered if p.effective_from < day]",
        (_T_SCORING + "test_a_version_rules_from_its_first_day",),
    ),
    Mutant(
        "remainder-to-the-last",
        "the points a split leaves over go to the last of it",
        "chalicelib/domain/registrations.py",
        "for i in by_remainder[: size - sum(parts)]:",
        "for i in list(range(len(credits)))[::-1][: size - sum(parts)]:",
        ("tests/domain/test_registrations.py::test_equal_remainders_go_by_the_order_of_the_split",),
    ),
    Mutant(
        "remainder-lost",
        "the points a split leaves over go to nobody",
        "chalicelib/domain/registrations.py",
        "for i in by_remainder[: size - sum(parts)]:",
        "for i in by_remainder[:0]:",
        ("tests/domain/test_registrations.py::test_the_parts_of_a_split_always_sum_to_the_whole",),
    ),
    Mutant(
        "cap-ignored",
        "the cap per rep cuts nothing",
        _STANDINGS,
        "points = min(points, layer.cap_points_per_rep)",
        "pass",
        (
            _T_BUDGETS + "test_the_award_that_straddles_the_cap_gets_the_part_that_fits",
            "tests/services/test_close_periods.py::test_the_cap_per_rep_holds_over_base_and_trailing",
        ),
    ),
    Mutant(
        "tier-exclusive",
        "a tier is reached one point too late",
        _STANDINGS,
        "for t in layer.tiers if confirmed >= t.from_points)",
        "for t in layer.tiers if confirmed > t.from_points)",
        (_T_BUDGETS + "test_the_award_that_reaches_a_tier_to_the_point_carries_its_bonus",),
    ),
    Mutant(
        "budget-by-arrival",
        "a budget goes to whose claim came first, not to the earlier sale",
        _BUDGETS,
        "for claim in sorted(claims, key=lambda c: (c.when, c.rep)):\n        part =",
        "for claim in claims:\n        part =",
        (
            _T_BUDGETS + "test_a_budget_goes_by_business_time_then_rep_and_the_straddler_gets_what_fits",
            _T_BUDGETS + "test_no_order_of_arrival_changes_who_gets_what",
        ),
    ),
    Mutant(
        "tiers-by-arrival",
        "the award that arrives last carries the tier's bonus or meets the cap",
        _BUDGETS,
        "for award in sorted(earned, key=lambda e: e.when):",
        "for award in earned:",
        (_T_BUDGETS + "test_awards_count_in_business_time_whatever_their_order_of_arrival",),
    ),
)
