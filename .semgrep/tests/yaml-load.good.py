"""What the rule must leave alone."""

import json

import yaml


def template(text):
    # ok: yaml-load
    return yaml.safe_load(text)


def document(text):
    # ok: yaml-load
    return json.loads(text)


def written(content):
    # ok: yaml-load
    return yaml.dump(content)
