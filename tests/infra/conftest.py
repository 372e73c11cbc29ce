"""The package and its template, made once a run; and the template as CloudFormation sees it after the transform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import Package, package

STAGE = "prod"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012"}


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return package(tmp_path_factory.mktemp("package") / "out")


@pytest.fixture(scope="session")
def sam(packaged: Package) -> dict[str, Any]:
    """The template we hand to CloudFormation."""
    return yaml.safe_load(packaged.template.read_text())


@pytest.fixture(scope="session")
def cloudformation(sam: dict[str, Any]) -> dict[str, Any]:
    """The template after AWS's own SAM transform, run here."""
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = json.loads(json.dumps(sam))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/code.zip"
    return Translator({}, Parser()).translate(template, parameter_values={})


@pytest.fixture(scope="session")
def resources(cloudformation: dict[str, Any]) -> dict[str, Any]:
    return cloudformation["Resources"]


def policy_files() -> list[Path]:
    return sorted((Path(__file__).parents[2] / ".chalice").glob("policy-*.json"))


def rendered(text: str, **changes: str) -> str:
    """A policy text as it is in the `prod` stage of an account."""
    values = {**PSEUDO, "Stage": STAGE, "SenderEmail": "kicker@reseller.example", **changes}
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in text, f"unknown placeholder in {text[text.index('${') :][:40]}"
    return text
