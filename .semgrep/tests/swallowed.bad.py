"""What the rule must find: everything caught, nothing said."""

import contextlib


def pay(payouts):
    for payout in payouts:
        # ruleid: swallowed
        try:
            payout.send()
        except Exception:
            pass


def score(lines):
    for line in lines:
        # ruleid: swallowed
        try:
            line.score()
        except Exception as error:
            continue


def close(period):
    # ruleid: swallowed
    try:
        period.close()
    except:
        pass


def find(store, key):
    # ruleid: swallowed
    try:
        return store.get(key)
    except Exception:
        return None


def tell(mailbox):
    # ruleid: swallowed
    with contextlib.suppress(Exception):
        mailbox.send()
