"""Scenarios: what happened to a program, and what must have come of it, as an operations person writes it down.

docs/scenarios.md says how they are written; `python -m local.scenario FILE...` runs them.
"""
