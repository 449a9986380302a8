"""Reads events in the form of PagerDuty's Events API v2, and reports faults in PagerDuty's words."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from oncall.intake.posts import Post, instant_in, json_object, labels_in, mapping_in, text_in, web_address
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable

LARGEST_EVENT = 512 * 1024
LONGEST_KEY = 255
_ACTIONS = {
    "trigger": SignalKind.TRIGGER,
    "acknowledge": SignalKind.ACKNOWLEDGE,
    "resolve": SignalKind.RESOLVE,
}
_PEOPLE = ("acknowledged_by", "by", "user")
_LABEL_LINE = re.compile(r"\s*- ([A-Za-z_][A-Za-z0-9_]*) = (.*)")
_KEY = re.compile(rb'"routing_key"[ \t\r\n]{0,20}:[ \t\r\n]{0,20}"([!#-\[\]-~]{1,200})"')
_FIELDS = ("source", "component", "group", "class", "severity")


class InvalidEvent(Unreadable):
    """Raised for an event that PagerDuty would refuse. errors: the faults, in PagerDuty's words."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        super().__init__("; ".join(errors))


@dataclass(frozen=True, slots=True)
class PagerDutyEvent:
    """An event in PagerDuty's form. dedup_key: the key that the sender gave, or a new one."""

    signal: Signal
    dedup_key: str


def event_from(document: Mapping[str, object], new_key: str) -> PagerDutyEvent:
    """Return the event in a posted document. new_key: the key for a trigger without one. Raises InvalidEvent."""
    action, key = text_in(document, "event_action").lower(), text_in(document, "dedup_key")
    payload = mapping_in(document, "payload")
    errors = _errors(document, action, key, payload)
    if errors:
        raise InvalidEvent(errors)
    details = _details(payload)
    labels = {**details, **{name: text for name in _FIELDS if (text := text_in(payload, name))}}
    if client := text_in(document, "client"):
        labels["client"] = client
    people = (*(text_in(document, name) for name in _PEOPLE), *(details.get(name, "") for name in _PEOPLE))
    signal = Signal(
        _ACTIONS[action],
        key or new_key,
        labels,
        subject=text_in(payload, "summary"),
        url=_link(document),
        at=instant_in(text_in(payload, "timestamp")),
        by=next(filter(None, people), ""),
        why=_WHY[action],
    )
    return PagerDutyEvent(signal, key or new_key)


def _details(payload: Mapping[str, object]) -> dict[str, str]:
    """Return the custom details of an event, with the labels that Alertmanager writes into them as text."""
    given = mapping_in(payload, "custom_details")
    firing = given.get("firing")
    head = firing.partition("Annotations:")[0] if isinstance(firing, str) else ""
    told = [_LABEL_LINE.fullmatch(line) for line in head.splitlines()[:100]]
    return {**{one[1].lower(): one[2] for one in told if one is not None}, **labels_in(given)}


_WHY = {"trigger": "", "acknowledge": "", "resolve": "the sender resolved the event"}


def _errors(document: Mapping[str, object], action: str, key: str, payload: Mapping[str, object]) -> list[str]:
    if action not in _ACTIONS:
        return ["'event_action' is missing or blank" if not action else "'event_action' is not included in the list"]
    found = []
    if len(key) > LONGEST_KEY:
        found.append(f"Length of 'dedup_key' is incorrect (should be less than or equal to {LONGEST_KEY} characters)")
    if action != "trigger":
        return found if key else [*found, "'dedup_key' is missing or blank"]
    if not isinstance(document.get("payload"), Mapping):
        return [*found, "'payload' is missing or blank"]
    # The policy decides about an unknown severity, and so about a missing one: a page matters more than the form.
    found += [f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not text_in(payload, name)]
    return found if "severity" in payload else [*found, "'payload.severity' is missing or blank"]


def _link(document: Mapping[str, object]) -> str | None:
    links = document.get("links")
    addresses = [text_in(one, "href") for one in links if isinstance(one, Mapping)] if isinstance(links, list) else []
    addresses.append(text_in(document, "client_url"))
    return next((link for text in addresses if (link := web_address(text)) is not None), None)


def read_pagerduty(post: Post) -> Reading:
    """Return the signal of an event.

    Raises Unreadable for a body that is not JSON, and InvalidEvent for a wrong event.
    """
    return Reading((event_from(json_object(post.body), secrets.token_hex(16)).signal,))


def read_change(post: Post) -> Reading:
    """Return no signals, because a change event pages nobody.

    Raises Unreadable for a body that is not a change event.
    """
    change_summary(json_object(post.body))
    return Reading()


def change_summary(document: Mapping[str, object]) -> str:
    """Return the summary of a change event. Raises InvalidEvent if it has none."""
    summary = text_in(mapping_in(document, "payload"), "summary")
    if not summary:
        raise InvalidEvent(["'payload.summary' is missing or blank"])
    return summary


def routing_key_of(document: Mapping[str, object]) -> str:
    """Return the routing key of a document. Raises InvalidEvent if it has none."""
    key = document.get("routing_key")
    if not isinstance(key, str) or not key.strip():
        raise InvalidEvent(["'routing_key' is missing or blank"])
    return key.strip()


def key_in(body: bytes) -> str:
    """Return the routing key in a body that is not JSON or was cut; empty if it has none."""
    found = _KEY.search(body)
    return found[1].decode("ascii") if found is not None else ""
