"""Facts of the deployed template that no linter knows, asserted after AWS's own SAM transform."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.adapters.metrics import ALARMED
from chalicelib.adapters.settings import Settings
from infra.deploy import FUNCTIONS
from infra.package import Package
from tests.infra.conftest import rendered


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def functions_of(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Function properties by logical name, `api`, `read_feed`, ..."""
    found = of_type(resources, "AWS::Lambda::Function").values()
    return {properties["FunctionName"]["Fn::Sub"].removeprefix("kicker-${Stage}-"): properties for properties in found}


def test_cfn_lint_finds_nothing(packaged: Package):
    program = "import sys; from cfnlint.runner import main; main()"
    checked = subprocess.run([sys.executable, "-c", program, str(packaged.template)], capture_output=True, text=True)
    assert checked.stdout + checked.stderr == ""
    assert checked.returncode == 0


def test_the_functions_are_those_that_are_documented(resources):
    assert set(functions_of(resources)) == set(FUNCTIONS)


def test_every_function_is_reached_through_app_py_so_that_the_middleware_applies(resources):
    handlers = {name: properties["Handler"] for name, properties in functions_of(resources).items()}
    assert all(handler.startswith("app.") for handler in handlers.values()), handlers


def test_a_message_stays_hidden_for_at_least_twice_the_functions_timeout(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    functions = of_type(resources, "AWS::Lambda::Function")
    sources = of_type(resources, "AWS::Lambda::EventSourceMapping")
    assert len(sources) == 3
    for source in sources.values():
        queue = queues[source["EventSourceArn"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")]
        assert queue["VisibilityTimeout"] >= 2 * functions[source["FunctionName"]["Ref"]]["Timeout"]


def test_one_bad_message_fails_alone_and_ends_in_a_dead_letter_queue_after_five_tries(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    for source in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2
        queue = queues[source["EventSourceArn"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")]
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["MessageRetentionPeriod"] == 14 * 86400
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())


def test_payouts_are_sent_at_no_more_than_two_at_a_time(resources):
    sources = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    pay = next(source for source in sources if source["FunctionName"] == {"Ref": "Pay"})
    assert pay["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_every_schedule_may_start_its_function_and_the_close_runs_every_15_minutes(resources):
    rules = of_type(resources, "AWS::Events::Rule")
    schedules = {rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]: rule["ScheduleExpression"] for rule in rules.values()}
    assert set(schedules) == {"SweepSalesforce", "TellSalesforce", "ClosePeriods", "ReconcileRewards", "Daily"}
    assert schedules["ClosePeriods"] == schedules["SweepSalesforce"] == "rate(15 minutes)"


def test_tables_are_kept_backed_up_encrypted_and_forget_what_may_be_forgotten(resources):
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert {p["TableName"]["Fn::Sub"] for p in tables.values()} == {
        f"kicker-${{Stage}}-{name}" for name in ("core", "money", "ops")
    }
    for name, table in tables.items():
        assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [
            ("pk", "HASH"),
            ("sk", "RANGE"),
        ]
        assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
        assert table.get("DeletionProtectionEnabled", False) is (name in {"CoreTable", "MoneyTable"})


def test_buckets_are_private_versioned_encrypted_and_take_tls_only(resources):
    buckets = of_type(resources, "AWS::S3::Bucket")
    policies = {p["Bucket"]["Ref"]: p["PolicyDocument"] for p in of_type(resources, "AWS::S3::BucketPolicy").values()}
    assert set(buckets) == set(policies) == {"FeedBucket", "ReportBucket"}
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        rules = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rules == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        (statement,) = policies[name]["Statement"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
        assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_only_the_feed_bucket_of_this_account_may_put_into_the_feeds_queue(resources):
    (policy,) = of_type(resources, "AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    bucket = of_type(resources, "AWS::S3::Bucket")["FeedBucket"]
    source = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source == "arn:${AWS::Partition}:s3:::" + bucket["BucketName"]["Fn::Sub"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    (notification,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "feeds/"}]


def alarms_of(resources) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (alarm["Namespace"] + "/" + alarm["MetricName"], json.dumps(alarm["Dimensions"])): alarm
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
    }


def test_every_alarm_tells_somebody_and_says_what_happened(resources):
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert len(alarm["AlarmDescription"]) > 20


def test_every_dead_letter_queue_has_an_alarm(resources):
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/SQS"
    }
    dead = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in of_type(resources, "AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    assert watched == dead


def test_every_figure_we_emit_has_an_alarm_and_the_other_way_round(resources):
    ours = {
        alarm["MetricName"]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "Kicker"
    }
    assert ours == set(ALARMED)
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        if alarm["Namespace"] == "Kicker":
            assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Fn::Sub": "kicker-${Stage}"}}]
    for properties in functions_of(resources).values():
        variables = properties["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Kicker"
        assert variables["POWERTOOLS_SERVICE_NAME"] == {"Fn::Sub": "kicker-${Stage}"}


@pytest.mark.parametrize("logical", ["ClosePeriods", "SweepSalesforce", "TellSalesforce"])
def test_silence_of_a_scheduled_function_rings_an_alarm(resources, logical: str):
    heartbeats = [
        alarm
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "Invocations" and alarm["Dimensions"][0]["Value"] == {"Ref": logical}
    ]
    (alarm,) = heartbeats
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def test_a_server_error_of_the_api_rings_an_alarm(resources):
    (alarm,) = (a for a in of_type(resources, "AWS::CloudWatch::Alarm").values() if a["Namespace"] == "AWS/ApiGateway")
    assert alarm["MetricName"] == "5XXError"
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    assert alarm["Dimensions"] == [{"Name": "ApiName", "Value": api["Body"]["info"]["title"]}]


def test_the_path_token_is_in_no_log_of_the_gateway(resources):
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    assert "AccessLogSetting" not in stage
    (settings,) = stage["MethodSettings"]
    assert settings["LoggingLevel"] == "OFF"
    assert settings["DataTraceEnabled"] is False
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0


def test_every_function_knows_only_settings_that_exist_and_what_its_role_may_use(sam, resources):
    """A setting whose table, queue or bucket the role cannot touch would only fail later."""
    known = {f"KICKER_{name.upper()}" for name in Settings.__slots__}
    needs = {
        "KICKER_CORE_TABLE": "table/kicker-prod-core",
        "KICKER_MONEY_TABLE": "table/kicker-prod-money",
        "KICKER_OPS_TABLE": "table/kicker-prod-ops",
        "KICKER_FEED_BUCKET": "kicker-prod-feeds-",
        "KICKER_REPORT_BUCKET": "kicker-prod-reports-",
        "KICKER_LINES_QUEUE_URL": ":kicker-prod-lines",
        "KICKER_PAYOUTS_QUEUE_URL": ":kicker-prod-payouts",
        "KICKER_SECRETS_PREFIX": "secret:kicker/prod/",
        "KICKER_SENDER_EMAIL": "ses:SendEmail",
    }
    roles = {name: r["Properties"] for name, r in sam["Resources"].items() if r["Type"] == "AWS::IAM::Role"}
    for name, properties in functions_of(resources).items():
        variables = {key for key in properties["Environment"]["Variables"] if key.startswith("KICKER_")}
        assert variables <= known
        role = rendered(json.dumps(roles[properties["Role"]["Fn::GetAtt"][0]]["Policies"]))
        for variable, resource in needs.items():
            assert (variable not in variables) or resource in role, f"{name} is told {variable} but may not use it"


def test_each_role_names_its_own_stage_only(sam):
    for name, resource in sam["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for statement in resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
                if statement["Sid"] == "Mail":  # held by its condition, see test_policies
                    continue
                arns = statement["Resource"]
                for arn in arns if isinstance(arns, list) else [arns]:
                    assert "${Stage}" in arn["Fn::Sub"], name


def test_logs_are_kept_for_a_stated_time(resources):
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert {g["LogGroupName"]["Fn::Sub"] for g in groups.values()} == {
        f"/aws/lambda/kicker-${{Stage}}-{name}" for name in FUNCTIONS
    }
    assert all(g["RetentionInDays"] == {"Ref": "LogRetentionDays"} for g in groups.values())


def test_secrets_are_made_with_placeholders_and_kept(resources):
    made = of_type(resources, "AWS::SecretsManager::Secret")
    assert {s["Name"]["Fn::Sub"] for s in made.values()} == {
        f"kicker/${{Stage}}/{name}" for name in ("outbound-tokens", "salesforce", "rewards/tremendous")
    }
    for name, secret in made.items():
        assert not any(json.loads(secret["SecretString"]).values())
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
