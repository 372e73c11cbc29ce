"""The install guide names what is really there, on both sides."""

from __future__ import annotations

import json
import re

import pytest

from tests.salesforce.sources import ROOT, SALESFORCE, Sources, Xml

GUIDE = (SALESFORCE / "README.md").read_text(encoding="utf-8")
STEPS = GUIDE.partition("## Install in ten steps")[2].partition("\n## ")[0]
SOURCES = Sources.of()


def test_there_are_ten_steps() -> None:
    assert [int(n) for n in re.findall(r"^(\d+)\. \*\*", STEPS, re.MULTILINE)] == list(range(1, 11))


def test_every_link_of_the_guide_resolves() -> None:
    links = re.findall(r"\]\(([^)#]+)(#[\w-]+)?\)", GUIDE)
    for link, anchor in links:
        target = SALESFORCE / link
        assert target.exists(), link
        titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor[1:] in {re.sub(r"[^\w-]", "", t.lower().replace(" ", "-")) for t in titles}, anchor


def test_the_certificate_is_the_one_apex_signs_with() -> None:
    [name] = re.findall(r"CERTIFICATE = '(\w+)'", (SOURCES.files("SpiffApi.cls")[0]).read_text(encoding="utf-8"))
    assert f"unique name\n   `{name}`" in STEPS


def test_the_variables_it_exports_are_those_a_deployment_replaces() -> None:
    told = json.loads((SALESFORCE / "sfdx-project.json").read_text(encoding="utf-8"))
    assert set(re.findall(r"export (\w+)=", STEPS)) == {r["replaceWithEnv"] for r in told["replacements"]}


def test_what_it_says_of_kickers_stage_is_what_its_own_page_says() -> None:
    deploy = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    parameters = {"OrganizationId", "OrgPublicKey", "SalesforceUrl"}
    assert all(f"`{p}`" in STEPS and f"`{p}`" in deploy for p in parameters)
    for secret in ("outbound-tokens", "salesforce"):
        assert f"kicker/<stage>/{secret}`" in STEPS and f"`kicker/<stage>/{secret}`" in deploy
    assert parameters <= set(json.loads((ROOT / "infra" / "stages" / "example.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "name", sorted(SOURCES.names(".permissionset-meta.xml") | SOURCES.names(".notiftype-meta.xml") | {"Spiff_Approver"})
)
def test_every_permission_set_is_given_to_somebody(name: str) -> None:
    assert f"`{name}`" in GUIDE


def test_every_flow_of_registrations_is_to_be_activated() -> None:
    labels = {Xml.of(p).text("label") for p in SOURCES.files(".flow-meta.xml") if p.name.startswith("Deal_")}
    [said] = re.findall(r"`(Deal Registration: Stamp)`, (.+?) must say Active", STEPS)
    assert {said[0], *(f"Deal Registration: {n}" for n in re.findall(r"`(\w+)`", said[1]))} == labels


def test_the_tests_a_deployment_runs_are_the_tests_there_are() -> None:
    tests = {n for n in SOURCES.names(".cls") if n.endswith("Test")}
    assert set(re.findall(r"--tests (\w+)", STEPS)) == tests
