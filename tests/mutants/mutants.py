"""MUTANTS: every bug planted on purpose, and the tests that must catch it. One module a part of the product."""

from __future__ import annotations

from tests.mutants.conditions import CONDITIONS
from tests.mutants.edge import EDGE
from tests.mutants.feeds import FEEDS
from tests.mutants.history import HISTORY
from tests.mutants.ledger import LEDGER
from tests.mutants.money import MONEY
from tests.mutants.people import PEOPLE
from tests.mutants.scoring import SCORING
from tests.mutants.shapes import SHAPES
from tests.mutants.telling import TELLING

MUTANTS = (*LEDGER, *SCORING, *CONDITIONS, *SHAPES, *FEEDS, *MONEY, *PEOPLE, *EDGE, *TELLING, *HISTORY)
