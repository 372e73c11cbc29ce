"""Deploy `out/` by CloudFormation: to an account, or to the local stack; the same calls either way.

    python -m infra.deploy --stage prod --parameters infra/stages/prod.json

boto3 finds the account in its usual places (`AWS_PROFILE`, ...); `AWS_ENDPOINT_URL` points it at an emulator. Running
it again deploys what changed and is harmless when nothing did. The stack is `kicker-<stage>`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).absolute().parent.parent
FUNCTIONS = (
    "api",
    "read_feed",
    "score_lines",
    "sweep_salesforce",
    "tell_salesforce",
    "close_periods",
    "pay",
    "reconcile_rewards",
    "daily",
)


class DeploymentFailed(Exception):
    """CloudFormation refused; the message holds its reasons."""


def deploy(
    stage: str,
    package: Path,
    parameters: Mapping[str, str],
    *,
    client: Callable[[str], Any] | None = None,
    say: Callable[[str], object] = str,  # by default nothing is said
    poll_seconds: float = 5.0,
) -> dict[str, str]:
    """Deploy the package (a directory with sam.yaml and deployment.zip) and return the stack's outputs.

    `parameters` are those of infra/template.yml without Stage; `client` makes a boto3 client by service name.
    Raises: DeploymentFailed with every resource's reason.
    """
    client = client or boto3_client
    bucket = _artifact_bucket(client)
    code_key = _upload(client("s3"), bucket, package / "deployment.zip", say)
    template = yaml.safe_load((package / "sam.yaml").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": code_key}
    body = json.dumps(template, separators=(",", ":")).encode()
    template_key = f"templates/{hashlib.sha256(body).hexdigest()}.json"
    client("s3").put_object(Bucket=bucket, Key=template_key, Body=body)
    name = f"kicker-{stage}"
    request = {
        "StackName": name,
        # By address: the template is larger than the 51,200 bytes CloudFormation takes in a request.
        "TemplateURL": f"{client('s3').meta.endpoint_url}/{bucket}/{template_key}",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        + [{"ParameterKey": "Stage", "ParameterValue": stage}],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Tags": [{"Key": "application", "Value": "kicker"}, {"Key": "stage", "Value": stage}],
    }
    started = _start(client("cloudformation"), request)
    if started:
        say(f"{name}: CloudFormation is at work")
        _wait(client("cloudformation"), started, poll_seconds)
    else:
        say(f"{name}: nothing changed")
    stack = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def ensure_outbound_token(stage: str, *, client: Callable[[str], Any] | None = None) -> str:
    """The newest path token of outbound messages; makes one (256 random bits) when there is none yet."""
    manager = (client or boto3_client)("secretsmanager")
    secret = f"kicker/{stage}/outbound-tokens"
    tokens: list[str] = json.loads(manager.get_secret_value(SecretId=secret)["SecretString"])["tokens"]
    if not tokens:
        tokens = [secrets.token_urlsafe(32)]
        manager.put_secret_value(SecretId=secret, SecretString=json.dumps({"tokens": tokens}))
    return tokens[-1]


def put_secret(stage: str, name: str, value: Mapping[str, Any], *, client: Callable[[str], Any] | None = None) -> None:
    """Replace the value of `kicker/<stage>/<name>`."""
    manager = (client or boto3_client)("secretsmanager")
    manager.put_secret_value(SecretId=f"kicker/{stage}/{name}", SecretString=json.dumps(value))


def boto3_client(service: str) -> Any:
    """A client of the account (or emulator) the environment names; S3 by path, so that any endpoint serves."""
    config = Config(s3={"addressing_style": "path"}) if service == "s3" else None
    return boto3.client(service, config=config)


def _artifact_bucket(client: Callable[[str], Any]) -> str:
    """The private bucket code is deployed from, made when missing."""
    account = client("sts").get_caller_identity()["Account"]
    s3 = client("s3")
    region = s3.meta.region_name
    bucket = f"kicker-artifacts-{account}-{region}"
    try:
        s3.head_bucket(Bucket=bucket)
        return bucket
    except ClientError as missing:
        if missing.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    return bucket


def _upload(s3: Any, bucket: str, code: Path, say: Callable[[str], object]) -> str:
    """Upload the code under its hash, unless it is there; returns the key."""
    content = code.read_bytes()
    key = f"code/{hashlib.sha256(content).hexdigest()}.zip"
    try:
        s3.head_object(Bucket=bucket, Key=key)
        say("code: unchanged")
    except ClientError as missing:
        if missing.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=content)
        say(f"code: {len(content) / 1e6:.1f} MB uploaded")
    return key


def _start(cloudformation: Any, request: Mapping[str, Any]) -> str | None:
    """Begin to create or update and return the stack's id; None when the stack is already so."""
    try:
        return str(cloudformation.create_stack(**request, OnFailure="DELETE")["StackId"])
    except cloudformation.exceptions.AlreadyExistsException:
        pass
    try:
        return str(cloudformation.update_stack(**request)["StackId"])
    except ClientError as refused:
        if "No updates are to be performed" in str(refused):
            return None
        raise DeploymentFailed(f"{request['StackName']}: {refused}") from refused


def _wait(cloudformation: Any, name: str, poll_seconds: float) -> None:
    """Wait for the end. `name` is the stack's id: a stack deleted after it failed answers to nothing else."""
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = stack["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(poll_seconds)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise DeploymentFailed("\n".join([f"{name}: {status} {stack.get('StackStatusReason', '')}", *reasons]))


def read_parameters(path: Path) -> dict[str, str]:
    """A stage's parameters: a JSON object of strings, no secrets.

    Raises: DeploymentFailed naming what is wrong with the file.
    """
    if not path.exists():
        raise DeploymentFailed(f"{path} is missing. Copy infra/stages/example.json to it and fill it in.")
    content = json.loads(path.read_text())
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise DeploymentFailed(f"{path} must be a JSON object whose values are all strings.")
    return content


def main() -> int:
    """Deploy for the command line; prints the outputs and what is left to do by hand."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", required=True)
    parser.add_argument("--parameters", type=Path, help="default: infra/stages/<stage>.json")
    parser.add_argument("--package", type=Path, default=ROOT / "out")
    arguments = parser.parse_args()
    where = arguments.parameters or ROOT / "infra" / "stages" / f"{arguments.stage}.json"
    try:
        outputs = deploy(arguments.stage, arguments.package, read_parameters(where), say=print)
    except DeploymentFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    ensure_outbound_token(arguments.stage)
    for key, value in sorted(outputs.items()):
        print(f"{key:18} {value}")
    print(
        f"Outbound messages go to {outputs['EndpointURL']}salesforce/outbound-messages/<token>; the token is in the "
        f"secret kicker/{arguments.stage}/outbound-tokens. docs/deploy.md names the other secrets to fill."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
