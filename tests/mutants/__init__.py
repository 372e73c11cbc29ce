"""Bugs planted on purpose, one at a time, to see that a named test catches each: `mutants.py` is the table."""
