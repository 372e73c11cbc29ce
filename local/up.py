"""Start the whole stack in the background and say where it is: `python -m local.up`.

The emulator receives the template AWS would, by CloudFormation, and runs the zip AWS would, with IAM enforced on every
function's role. Beside it run the Salesforce org simulator and the reward provider simulator. All listen on loopback,
on free ports. Running it again deploys what changed into the running stack.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.deploy import FUNCTIONS, DeploymentFailed, deploy, ensure_outbound_token, put_secret
from infra.package import package
from local import processes
from local.org_simulator import CONSUMER_KEY, CONSUMER_SECRET, ORGANIZATION_ID
from local.ports import HOST, answers, free_ports, wait_until
from local.stack import ACCESS_KEY, REGION, ROOT, SECRET_KEY, NoStack, Stack, client, state_directory

STAGE = "local"
REWARDS_KEY = "TEST_local"  # opens the simulator only
HEALTH = {"emulator": "/_ministack/health", "org": "/", "rewards": "/"}


class Progress:
    """Says each step with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, line: str) -> None:
        """Print one line at once."""
        print(f"{time.monotonic() - self._started:6.1f} s  {line}", flush=True)


class NotStarted(Exception):
    """A part of the stack did not come up; the message holds its last words."""


def up(directory: Path, say: Progress, *, emulator: Mapping[str, str] | None = None) -> Stack:
    """Bring the stack of `directory` up (or up to date) and return where it is. `emulator` is added to the
    environment of the emulator and of the functions it runs. Raises: NotStarted."""
    running = _running_stack(directory)
    if running:
        say(f"already up ({', '.join(sorted(running.pids))}); deploying what changed")
        ports = {name: int(url.rsplit(":", 1)[1].split("/")[0]) for name, url in _base_urls(running).items()}
        return _deploy(directory, ports, running.pids, say)
    processes.stop_all(directory)  # what a start that was interrupted left behind
    (directory / "stack.json").unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        ports = _start(directory, say, emulator or {})
        return _deploy(directory, ports, processes.running(directory), say)
    except BaseException:
        processes.stop_all(directory)
        raise


def _running_stack(directory: Path) -> Stack | None:
    """The stack of `directory` if every part of it runs."""
    try:
        stack = Stack.read(directory)
    except NoStack:
        return None
    return stack if processes.running(directory).keys() >= HEALTH.keys() else None  # a preview may run beside them


def _base_urls(stack: Stack) -> dict[str, str]:
    return {"emulator": stack.aws_endpoint_url, "org": stack.salesforce_url, "rewards": stack.rewards_url}


def _start(directory: Path, say: Progress, emulator: Mapping[str, str]) -> dict[str, int]:
    """Start every process and wait until each answers; returns their ports. Raises: NotStarted."""
    ports = dict(zip(HEALTH, free_ports(len(HEALTH)), strict=True))
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    start_emulator(directory, ports["emulator"], emulator)
    for name, module, more in (
        ("org", "local.org_simulator", ["--directory", str(directory)]),
        ("rewards", "local.reward_simulator", ["--api-key", REWARDS_KEY, "--auto-deliver"]),
    ):
        command = [sys.executable, "-m", module, "--port", str(ports[name]), *more]
        processes.start(name, command, {**plain, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}, directory)
    for name in HEALTH:
        await_answer(name, ports[name], directory)
        say(f"{name} listens on {HOST}:{ports[name]}")
    return ports


def start_emulator(directory: Path, port: int, more: Mapping[str, str]) -> None:
    """Start the emulator on `port` without waiting for it; `more` is added to its environment."""
    program = [str(ROOT / ".emulator" / "bin" / "ministack")]
    processes.start("emulator", program, {**_emulator(directory, port), **more}, directory)


def await_answer(name: str, port: int, directory: Path) -> None:
    """Wait until a part of the stack answers. Raises: NotStarted with its last words."""
    alive = lambda: name in processes.running(directory)  # noqa: E731
    if not wait_until(lambda: answers(port, HEALTH[name]), seconds=120, alive=alive):
        raise NotStarted(f"{name} did not start:\n{processes.last_words(name, directory)}")


def _emulator(directory: Path, port: int) -> dict[str, str]:
    """The emulator's whole environment. Its Lambda workers inherit it, so nothing of ours may be in it."""
    scratch = directory / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),  # nobody's ~/.aws
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _deploy(directory: Path, ports: Mapping[str, int], pids: Mapping[str, int], say: Progress) -> Stack:
    """Package, deploy, fill the secrets, introduce the parts to each other, write stack.json."""
    endpoint, org, rewards = (f"http://{HOST}:{ports[name]}" for name in ("emulator", "org", "rewards"))

    def aws(service: str) -> Any:
        return client(service, endpoint)

    with tempfile.TemporaryDirectory(dir=directory, prefix="out-") as out:
        made = package(Path(out) / "out")
        say(f"packaged: {made.zipped / 1e6:.1f} MB, {made.unzipped / 1e6:.1f} MB unpacked")
        parameters = {
            "OrganizationId": ORGANIZATION_ID,
            "OrgPublicKey": (directory / "org-public-key.pem").read_text(),
            "RewardsUrl": f"{rewards}/api/v2",
            "SalesforceUrl": org,
            "FinanceEmail": "finance@reseller.example",
            "SenderEmail": "kicker@reseller.example",
        }
        outputs = deploy(STAGE, made.template.parent, parameters, client=aws, say=say, poll_seconds=0.05)
    api = f"{endpoint}/restapis/{outputs['RestAPIId']}/api/_user_request_"
    aws("ses").verify_email_identity(EmailAddress=parameters["SenderEmail"])
    token = ensure_outbound_token(STAGE, client=aws)
    stack = Stack(
        api_url=api,
        outbound_message_url=f"{api}/salesforce/outbound-messages/{token}",
        organization_id=ORGANIZATION_ID,
        aws_endpoint_url=endpoint,
        aws_region=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        feed_bucket=outputs["FeedBucket"],
        report_bucket=outputs["ReportBucket"],
        tables={"core": outputs["CoreTable"], "money": outputs["MoneyTable"], "ops": outputs["OpsTable"]},
        functions={name: f"kicker-{STAGE}-{name}" for name in FUNCTIONS},
        rewards_url=rewards,
        salesforce_url=org,
        queues={name: outputs[f"{name.capitalize()}QueueUrl"] for name in ("feeds", "lines", "payouts")},
        pids=dict(pids),
    )
    _introduce(stack)
    stack.write(directory)
    say(f"deployed as kicker-{STAGE}; everything is in {directory / 'stack.json'}")
    return stack


def _introduce(stack: Stack) -> None:
    """Make the parts known to each other: Kicker gets the keys of the org and the provider, the org the address of
    its outbound messages, the provider that of its webhooks and a signing key both know."""
    manager = stack.aws("secretsmanager")
    known = manager.get_secret_value(SecretId=f"kicker/{STAGE}/rewards/tremendous")["SecretString"]
    signing_key = (json.loads(known)["webhook_secrets"] or [secrets.token_urlsafe(32)])[0]
    rewards = {"api_key": REWARDS_KEY, "webhook_secrets": [signing_key]}
    put_secret(STAGE, "rewards/tremendous", rewards, client=stack.aws)
    org = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}
    put_secret(STAGE, "salesforce", org, client=stack.aws)
    _tell("POST", f"{stack.rewards_url}/_sim/settings", {
        "webhook_url": f"{stack.api_url}/rewards/tremendous/webhooks", "webhook_secret": signing_key,
    })  # fmt: skip
    _tell("PUT", f"{stack.salesforce_url}/_org/settings", {"endpoint": stack.outbound_message_url, "auto_send_s": 0.5})


def _tell(method: str, url: str, settings: Mapping[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(settings).encode(), method=method)
    urllib.request.urlopen(request, timeout=10).close()  # nosec B310 # loopback


def main() -> int:
    """Start the stack for the command line; 1 when a part did not come up."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.parse_args()
    directory = state_directory()
    try:
        stack = up(directory, Progress())
    except (NotStarted, DeploymentFailed) as failed:
        print(failed, file=sys.stderr)
        return 1
    print(f"API                {stack.api_url}\nOutbound messages  {stack.outbound_message_url}")
    print(f"Feeds              s3://{stack.feed_bucket}/feeds/<distributor>/ at {stack.aws_endpoint_url}")
    print("A bearer token:    make token ROLE=rep USER=<id>      End:  make down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
