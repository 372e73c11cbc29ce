"""What the rule must leave alone: compiled conditions are closures of ours, not text."""

import re


def rule(text):
    # ok: process
    return re.compile(re.escape(text))


def evaluated(condition, deal):
    # ok: process
    return condition.evaluate(deal)
