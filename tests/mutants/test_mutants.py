"""The table of mutants fits the code as it is; `python -m tests.mutants.run` plants them."""

from __future__ import annotations

import ast
from functools import lru_cache

import pytest

from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.mutants import MUTANTS
from tests.mutants.page import PAGE, page


@lru_cache
def functions_of(file: str) -> frozenset[str]:
    """Every test function of a file, as `function` or `Class::function`."""
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(found)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.id)
def test_a_mutant_applies_exactly_once_and_still_compiles(mutant: Mutant) -> None:
    planted = mutant.planted((ROOT / mutant.file).read_text(encoding="utf-8"))
    compile(planted, mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.id)
def test_the_tests_that_catch_a_mutant_exist(mutant: Mutant) -> None:
    assert mutant.caught_by
    for test in mutant.caught_by:
        file, _, name = test.partition("::")
        assert name in functions_of(file), test


def test_there_are_enough_mutants_and_each_has_its_own_name_and_bug() -> None:
    assert len(MUTANTS) >= 25
    for of in (lambda m: m.id, lambda m: m.bug, lambda m: (m.file, m.before, m.after)):
        assert len({of(m) for m in MUTANTS}) == len(MUTANTS)


def test_the_page_shows_every_mutant_of_the_table_as_caught() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(MUTANTS, [m.id for m in MUTANTS])
