"""Reads the keys `webhooks` and `channels` of a policy file: which systems and team channels get news of tickets."""

from __future__ import annotations

from urllib.parse import urlsplit

from oncall.file_nodes import MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, distinct_list_of, line_of_text, mapping_of, one_of
from oncall.support.escalation_reader import desk_notices
from oncall.support.outward import USUAL_EVENTS, TeamChannel, Topic, Webhook, WebhookEvent
from oncall.support.policy import DeskChannel
from oncall.support.value_readers import slug

DESK = "desk"
MOST = 20
"""The most webhooks in one policy, and also the most team channels."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PHONES = ("sms", "voice")
_EXAMPLE = "https://desk.example.com/hooks/oncall"


def webhooks(node: Node) -> tuple[Webhook, ...]:
    """Read the `webhooks` key: the addresses that get ticket events, by name."""
    found = tuple(mapping_of(_webhook)(node).values())
    if len(found) > MOST:
        raise node.refuse(f"has {len(found)} webhooks; write at most {MOST}")
    return found


def _webhook(key: ScalarNode, node: Node) -> Webhook:
    name = slug(key)
    fields = Fields(node)
    url = fields.required("url", _address, example=_EXAMPLE)
    events = fields.optional(
        "events",
        distinct_list_of(one_of(list(WebhookEvent), "an event"), least=1, most=len(WebhookEvent)),
        USUAL_EVENTS,
    )
    fields.close()
    return Webhook(name, url.value, tuple(map(WebhookEvent, events.value)))


def _address(node: Node) -> str:
    """Read an https address without a password. An http address is allowed only for a program on this machine."""
    text = line_of_text(node, most=500)
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0) and " " not in text
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in ("http", "https"):
        raise node.refuse(f'{shown(text)} is not an address; write one like "{_EXAMPLE}"')
    if "@" in parts.netloc:
        raise node.refuse("the address holds a user name or password, and a policy is no place for it; leave it out")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise node.refuse(f"{shown(text)} is not encrypted; write https, or http only for 127.0.0.1")
    return text


def channels(node: Node) -> tuple[DeskChannel, tuple[TeamChannel, ...]]:
    """Read the `channels` key: `desk`, the people who get a notice of tickets at the desk, and the team channels."""
    desk, team = DeskChannel(), []
    for name, found in mapping_of(_channel)(node).items():
        if isinstance(found, DeskChannel):
            desk = found
        else:
            team.append(TeamChannel(name, found))
    if not desk.notify and not team:
        raise node.refuse("is empty; write desk: {notify: [mei], channel: sms}, or the name of a team channel")
    if len(team) > MOST:
        raise node.refuse(f"has {len(team)} team channels; write at most {MOST}")
    return desk, tuple(team)


def _channel(key: ScalarNode, node: Node) -> DeskChannel | tuple[Topic, ...]:
    name = slug(key)
    if name == DESK:
        return desk_notices(node)
    if name in _PHONES:
        raise key.refuse(f'"{name}" is how people are paged; give the team channel a name of its own, like team')
    if not isinstance(node, MapNode) or node.entries:
        fields = Fields(node)
        about = fields.required(
            "about", distinct_list_of(one_of(list(Topic), "a topic"), least=1, most=len(Topic)), example="[breaches]"
        )
        fields.close()
        return tuple(map(Topic, about.value))
    return tuple(Topic)
