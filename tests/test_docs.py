"""The documents say what the code does: nothing that can be added goes undocumented, and every link resolves."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from chalicelib.adapters.rewards import PROVIDERS
from chalicelib.domain.conditions import CONDITIONS
from chalicelib.domain.payouts import PayoutState
from chalicelib.domain.periods import PeriodState
from chalicelib.feeds.profiles import bundled
from chalicelib.handlers.web import STATUSES
from chalicelib.services.payout_views import IN_WORDS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("condition", sorted(CONDITIONS))
def test_every_condition_is_in_the_rules(condition: str) -> None:
    assert f"`{condition}`" in page("docs/rules.md") or f'"{condition}"' in page("docs/rules.md")


@pytest.mark.parametrize("profile", sorted(p.id for p in bundled()))
def test_every_bundled_profile_is_in_the_feeds(profile: str) -> None:
    assert f"`{profile}`" in page("docs/feeds.md")


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_provider_is_in_the_rewards(provider: str) -> None:
    assert f"`{provider}`" in page("docs/rewards.md")


def targets() -> set[str]:
    [phony] = re.findall(r"^\.PHONY: (.+)$", page("Makefile"), re.MULTILINE)
    return set(phony.split()) - {"help"}


def test_every_make_target_is_in_the_readme_and_in_make_help() -> None:
    readme, told = page("README.md"), subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert [t for t in sorted(targets()) if f"`make {t}" not in readme] == []
    assert [t for t in sorted(targets()) if f"make {t} " not in told] == []


def test_the_readme_promises_no_target_that_is_not_there() -> None:
    assert set(re.findall(r"`make ([a-z]+)", page("README.md"))) <= targets() | {"help"}


def words() -> list[str]:
    return [w.lower() for w in re.findall(r"^\| \*\*([^*]+)\*\*", page("docs/glossary.md"), re.MULTILINE)]


def test_the_glossary_holds_each_word_once_and_in_order() -> None:
    assert len(words()) == len(set(words()))
    for part in page("docs/glossary.md").split("\n## ")[1:]:
        here = [w.lower() for w in re.findall(r"^\| \*\*([^*]+)\*\*", part, re.MULTILINE)]
        assert here == sorted(here), part.splitlines()[0]


def test_every_word_of_the_trade_that_names_a_module_is_in_the_glossary() -> None:
    """One file a trade word: whoever opens a file can look its word up. Words of the machinery are not the trade's."""
    machinery = {
        "configured", "documents", "errors", "calendar", "money", "rules", "salesforce_values", "mapping_documents",
        "program_documents", "payout_audit", "payout_plan", "products", "rehearsal_deals", "slo",
    }  # fmt: skip
    known = set(words())
    modules = {path.stem for path in (ROOT / "chalicelib" / "domain").glob("[a-z]*.py")} - machinery

    def is_explained(module: str) -> bool:
        word = module.replace("_", " ")
        singular = word.removesuffix("s")
        said = {
            "aliases": "alias",
            "scoring": "score",
            "matching": "match",
            "orders": "line",
            "board": "leaderboard",
            "dealbook": "deal book",
        }
        return bool({word, singular, said.get(module, "")} & known)

    assert sorted(m for m in modules if not is_explained(m)) == []


def test_every_state_a_person_may_read_is_explained() -> None:
    glossary = page("docs/glossary.md")
    assert [s.value for s in PeriodState if s.value not in glossary] == []
    assert set(IN_WORDS) == set(PayoutState), "every state of a payout has words for the rep who waits for it"
    api = page("docs/api/README.md")
    assert [row for row in STATUSES if str(row[1]) not in api or f"`{row[2]}`" not in api] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_resolves(path: Path) -> None:
    targets = [link.partition("#")[0] for link in _LINK.findall(path.read_text(encoding="utf-8"))]
    local = [t for t in targets if t and not re.match(r"[a-z]+:", t)]
    assert [t for t in local if not (path.parent / t).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    index = page("docs/decisions/0000-index.md")
    pages = [p.name for p in (ROOT / "docs" / "decisions").glob("[0-9]*.md") if not p.name.startswith("0000")]
    assert [name for name in pages if f"({name})" not in index] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        here = todo.pop()
        if here in seen or here.suffix != ".md" or not here.is_file():
            continue
        seen.add(here)
        todo += [(here.parent / t.partition("#")[0]).resolve() for t in _LINK.findall(here.read_text(encoding="utf-8"))]
    assert [str(p.relative_to(ROOT)) for p in PAGES if p.resolve() not in seen] == []


def test_the_licence_is_the_whole_apache_2_0() -> None:
    licence = page("LICENSE")
    assert "Version 2.0, January 2004" in licence and "END OF TERMS AND CONDITIONS" in licence
    assert 'license = "Apache-2.0"' in page("pyproject.toml")


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", page("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.json")), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_json_document_parses(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))
