"""The policy's webhooks and team channels, and their faults."""

from __future__ import annotations

import pytest

from oncall.errors import FileFaults
from oncall.support.outward import USUAL_EVENTS, TeamChannel, Topic, Webhook, WebhookEvent
from oncall.support.policy import DeskChannel, Policy
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy_text, policy_from_text


def read(lines: str) -> Policy:
    return policy_from_text(packaged_policy_text() + f"\n{lines}\n", "p.yaml")


def faults(lines: str) -> list[str]:
    with pytest.raises(FileFaults) as refused:
        read(lines)
    return [f"{fault.path}: {fault.message}" for fault in refused.value.faults]


def test_a_webhook_gets_the_usual_events_unless_it_names_others() -> None:
    policy = read("webhooks: {a: {url: https://a.example.com/x}, b: {url: 'http://127.0.0.1:80/', events: [merged]}}")
    assert policy.webhooks == (
        Webhook("a", "https://a.example.com/x", USUAL_EVENTS),
        Webhook("b", "http://127.0.0.1:80/", (WebhookEvent.MERGED,)),
    )


def test_team_channels_stand_beside_the_desk_or_without_it() -> None:
    policy = read("channels: {desk: {notify: [mei]}, team: {}, ops-room: {about: [alarms]}}")
    assert policy.desk == DeskChannel(("mei",))
    assert policy.team_channels == (TeamChannel("team"), TeamChannel("ops-room", (Topic.ALARMS,)))
    assert read("channels: {team: {}}").desk == DeskChannel()


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            "webhooks: {a: {url: http://a.example.com/x}}",
            'webhooks.a.url: "http://a.example.com/x" is not encrypted; write https, or http only for 127.0.0.1',
        ),
        (
            "webhooks: {a: {url: ftp://a.example.com}}",
            'webhooks.a.url: "ftp://a.example.com" is not an address; '
            'write one like "https://desk.example.com/hooks/oncall"',
        ),
        (
            "webhooks: {a: {url: 'https://me:tok-en@a.example.com'}}",
            "webhooks.a.url: the address holds a user name or password, and a policy is no place for it; leave it out",
        ),
        (
            "channels: {sms: {}}",
            'channels.sms: "sms" is how people are paged; give the team channel a name of its own, like team',
        ),
        (
            "channels: {}",
            "channels: is empty; write desk: {notify: [mei], channel: sms}, or the name of a team channel",
        ),
    ],
)
def test_a_destination_that_cannot_be_is_refused_with_what_to_write(lines: str, found: str) -> None:
    assert faults(lines) == [found]


@pytest.mark.parametrize("lines", ["webhooks: {a: {events: [paged]}}", "webhooks: {a: {url: 7, events: [nope]}}"])
def test_a_webhook_with_missing_or_unknown_words_is_refused(lines: str) -> None:
    assert faults(lines)


def test_a_step_cannot_page_through_a_team_channel() -> None:
    text = packaged_policy_text() + "\nchannels: {team: {}}\n"
    for channel in ("team", "email"):
        changed = text.replace("notify: primary, channel: sms", f"notify: primary, channel: {channel}", 1)
        assert changed != text
        with pytest.raises(FileFaults) as refused:
            policy_from_text(changed, "p.yaml")
        assert refused.value.faults[0].path == "escalation.steps[0].channel"


def test_a_change_of_destinations_is_told() -> None:
    old, new = read("channels: {team: {}}"), read("webhooks: {a: {url: https://a.example.com/x, events: [paged]}}")
    assert changes(old, new) == [
        "Webhook a: new, gets paged.",
        "Team channel team: no longer told.",
    ]
