"""What the rule must find: text that becomes a program."""

import os


def unpacked(name):
    # ruleid: process
    import subprocess

    return subprocess.run(["gunzip", name])


def run(command):
    # ruleid: process
    return os.system(command)


def rule(text):
    # ruleid: process
    return eval(text)


def book(raw):
    # ruleid: process
    from pickle import loads

    return loads(raw)
