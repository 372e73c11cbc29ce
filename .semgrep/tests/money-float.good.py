"""What the rule must leave alone: integers, Decimals, and floats that are no money."""

from decimal import Decimal


def dollars(amount_minor):
    # ok: money-float
    return Decimal(amount_minor).scaleb(-2)


def share(total_minor, reps):
    # ok: money-float
    return total_minor // reps


def seconds(epoch_ms):
    # ok: money-float
    return epoch_ms / 1000


def wait(delay):
    # ok: money-float
    return float(delay)


# ok: money-float
path = folder / "prices.csv"
