"""What the rule must leave alone: ids, counts and words."""

import math

from aws_lambda_powertools.logging import Logger

log = Logger(service="kicker")


def enrolled(person):
    # ok: log-personal
    log.info("enrolled", extra={"rep": person.id})


def refused(status, reason):
    # ok: log-personal
    log.warning("outbound message refused: its token is not a live one", extra={"status": status, "reason": reason})


def failed(record):
    # ok: log-personal
    log.exception("queue message failed", extra={"message": record.message_id})


def decoded(body, decoder):
    # ok: log-personal
    return decoder.decode(body), math.log(len(body))
