"""What the rule must find: the clock of the machine, whatever it is called here."""

import datetime
import time as watch
from datetime import UTC, date
from datetime import datetime as moment
from time import monotonic, time


def is_open(program):
    # ruleid: clock
    return program.closes_at > moment.now(UTC)


def stamp():
    # ruleid: clock
    return datetime.datetime.utcnow().isoformat()


def day():
    # ruleid: clock
    return date.today()


def seconds():
    # ruleid: clock
    return watch.time(), 0


def since(start):
    # ruleid: clock
    return time() - start


def elapsed(start):
    # ruleid: clock
    return monotonic() - start


# ruleid: clock
def later(clock=watch.time_ns):
    return clock()
