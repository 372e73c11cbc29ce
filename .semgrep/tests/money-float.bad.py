"""What the rule must find: money that passes through a float."""


def dollars(amount):
    # ruleid: money-float
    return float(amount)


def shown(payout):
    # ruleid: money-float
    return float(payout.amount_minor) / 100


def read(row):
    # ruleid: money-float
    return float(row["price"])


def read_again(row):
    # ruleid: money-float
    return float(row.get("unit_price", 0))


def share(total_minor, reps):
    # ruleid: money-float
    return total_minor / reps


def left(period):
    # ruleid: money-float
    return period.budget_minor / period.days


class Line:
    # ruleid: money-float
    price: float = 0.0
