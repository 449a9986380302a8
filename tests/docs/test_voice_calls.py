"""The operations page says how to switch on voice calls, and following it works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from oncall.support.policy import ChannelName
from oncall.support.policy_file import packaged_policy_text, policy_from_text
from oncall.wiring import make_channels
from oncall.wiring.settings import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Switching voice calls on\n")[2].partition("\n## ")[0]
TWILIO = {"ONCALL_SMS": "twilio", "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "secret"}


def test_a_policy_with_the_steps_of_the_page_calls() -> None:
    steps = re.search(r"```yaml\n(.+?)```", SECTION, re.DOTALL)
    assert steps is not None
    document = yaml.safe_load(packaged_policy_text()) | yaml.safe_load(steps[1])
    policy = policy_from_text(yaml.safe_dump(document, sort_keys=False), "my.policy.yaml")
    assert [step.channel for step in policy.escalation.steps] == [ChannelName.SMS, *[ChannelName.VOICE] * 3]


def test_the_settings_of_the_page_are_those_that_calls_need() -> None:
    address = "https://oncall.example.com"
    needed = {"TWILIO_FROM": "+13055550199", "ONCALL_PUBLIC_URL": address}
    assert all(f"`{name}`" in SECTION for name in needed)
    settings = read_settings(TWILIO | needed)
    assert make_channels(settings, callback_url=settings.public_url).voice is not None
    for name in needed:
        others = {"TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32} if name == "TWILIO_FROM" else {}
        less = read_settings({**TWILIO, **{key: value for key, value in needed.items() if key != name}, **others})
        assert make_channels(less, callback_url=less.public_url).voice is None
