"""What the rule must leave alone: the narrowest catch, and an edge that says what happened."""

import contextlib


def resolve(work, entry):
    # ok: swallowed
    with contextlib.suppress(KeyError):
        work.resolve(entry)


def read(text):
    # ok: swallowed
    try:
        return int(text)
    except ValueError:
        return None


def commit(records, failures):
    for record in records:
        # ok: swallowed
        try:
            record.commit()
        except Exception as error:
            failures.append(error)
            continue


def handle(record, log):
    # ok: swallowed
    try:
        record.handle()
    except Exception:
        log.exception("queue message failed")
        raise
