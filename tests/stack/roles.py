"""Clients with exactly the permissions a deployed function has."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.stack import Stack


def as_role_of(function: str, stack: Stack, service: str) -> Any:
    """A client with exactly the permissions the deployed function has.

    A function's role trusts Lambda only, so its policy documents are copied onto a role that trusts this test.
    """
    iam, sts = stack.aws("iam"), stack.aws("sts")
    configuration = stack.aws("lambda").get_function_configuration(FunctionName=stack.functions[function])
    role = configuration["Role"].rsplit("/", 1)[1]
    account = sts.get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    twin = f"twin-{function}"
    try:
        iam.create_role(RoleName=twin, AssumeRolePolicyDocument=json.dumps(trust))
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            iam.put_role_policy(RoleName=twin, PolicyName=name, PolicyDocument=json.dumps(document))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{twin}", RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.aws_region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def refused(call: Any, **request: Any) -> bool:
    """Was the call refused for want of a permission? Raises whatever else it fails with."""
    try:
        call(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "AccessDenied" in code or code == "403":
            return True
        raise
    return False
