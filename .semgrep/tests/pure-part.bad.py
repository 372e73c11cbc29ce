"""What the rule must find: the pure part reaching outside."""

import os
import random
import uuid
from importlib import import_module


def table():
    # ruleid: pure-part
    import boto3

    return boto3.client("dynamodb")


def org():
    # ruleid: pure-part
    from simple_salesforce import Salesforce

    return Salesforce()


def config():
    # ruleid: pure-part
    from botocore.config import Config

    return Config()


def hidden():
    # ruleid: pure-part
    return import_module("urllib3")


def stage():
    # ruleid: pure-part
    return os.environ["KICKER_STAGE"]


def new_id():
    # ruleid: pure-part
    return uuid.uuid4().hex


def drawn(reps):
    # ruleid: pure-part
    return random.choice(reps)


def read(path):
    # ruleid: pure-part
    return open(path).read()
