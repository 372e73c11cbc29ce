"""What the rule must find: YAML that may build any object."""

import yaml
from yaml import load_all, unsafe_load


def template(text):
    # ruleid: yaml-load
    return yaml.load(text, Loader=yaml.Loader)


def templates(text):
    # ruleid: yaml-load
    return list(load_all(text, yaml.FullLoader))


def anything(text):
    # ruleid: yaml-load
    return unsafe_load(text)


def more(text):
    # ruleid: yaml-load
    return yaml.full_load(text)
