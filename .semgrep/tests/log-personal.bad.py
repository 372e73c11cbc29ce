"""What the rule must find: people, secrets and whole bodies on their way into a log."""

import logging

from aws_lambda_powertools.logging import Logger

log = Logger(service="kicker")


def welcome(person):
    # ruleid: log-personal
    log.info("enrolled", extra={"email": person.id})


def welcome_again(rep):
    # ruleid: log-personal
    log.info(f"enrolled {rep.email}")


def refused(token):
    # ruleid: log-personal
    log.warning("token %s is not a live one", token)


def failed(record):
    # ruleid: log-personal
    log.exception("queue message failed", extra={"message": record.body})


def failed_again(event):
    # ruleid: log-personal
    logging.getLogger("kicker.api").error("request failed: %s", event["headers"])


def matched(line):
    # ruleid: log-personal
    log.debug("matched", extra={"line": line.id, "customer": line.account})


def connected(secret):
    # ruleid: log-personal
    print("connected with", secret["consumer_secret"])


def kept(vault):
    # ruleid: log-personal
    log.append_keys(key=vault.api_key)
