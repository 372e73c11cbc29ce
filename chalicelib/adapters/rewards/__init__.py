"""The reward providers Kicker can pay through: one file each, one line here.

A program names its provider (`reward.provider` in the program document); the name is looked up in `PROVIDERS`.
Nothing ever falls over from one provider to another: a payout stays with the provider its key was first sent to
(domain.md 23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.adapters.settings import Settings
from chalicelib.services.reward_port import RewardProvider


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider is built from: this deployment's settings, AWS clients by service name, and the JSON secret
    kept under a name below the deployment's secrets prefix."""

    settings: Settings
    client: Callable[[str], Any]
    secret: Callable[[str], Mapping[str, Any]]


def _tremendous(around: Surroundings) -> RewardProvider:
    from chalicelib.adapters.rewards.tremendous import Tremendous

    return Tremendous.from_secret(
        around.secret("rewards/tremendous"), base_url=around.settings.rewards_url, stage=around.settings.stage
    )


def _manual(around: Surroundings) -> RewardProvider:
    from chalicelib.adapters.rewards.manual import Manual

    return Manual(around.client("s3"), around.settings.report_bucket)


PROVIDERS: Mapping[str, Callable[[Surroundings], RewardProvider]] = {
    "tremendous": _tremendous,
    "manual": _manual,
}
