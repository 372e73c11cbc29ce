"""What the rule must leave alone: ports, values, and parsing of what was handed in."""

# ok: pure-part
from urllib.parse import quote
# ok: pure-part
from chalicelib.services.ports import FeedStore


def read(store: FeedStore, key):
    # ok: pure-part
    return store.open(key)


def address(key):
    # ok: pure-part
    return quote(key)
