"""Destinations of tickets and alarms other than phones: webhooks of other systems, and team channels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WebhookEvent(StrEnum):
    """An event of a ticket that a webhook can get. Its full name is `ticket.EVENT`."""

    ACCEPTED = "accepted"
    PAGED = "paged"
    ACKNOWLEDGED = "acknowledged"
    REPLIED = "replied"
    BREACHED = "breached"
    RESOLVED = "resolved"
    UPDATED = "updated"
    PASSED = "passed"
    REOPENED = "reopened"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    """A reported breach did not happen, because an event that was recorded late shows that the target was met."""


USUAL_EVENTS = (
    WebhookEvent.ACCEPTED,
    WebhookEvent.PAGED,
    WebhookEvent.ACKNOWLEDGED,
    WebhookEvent.REPLIED,
    WebhookEvent.BREACHED,
    WebhookEvent.RESOLVED,
)
"""The events that a webhook gets if the policy does not name others for it."""


class Topic(StrEnum):
    """A topic of messages that a team channel can get."""

    DESK = "desk"
    BREACHES = "breaches"
    ALARMS = "alarms"
    HANDOFFS = "handoffs"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of another system that gets ticket events.

    The secret that signs them is in the environment variable ONCALL_WEBHOOK_NAME.
    """

    name: str
    url: str
    events: tuple[WebhookEvent, ...] = USUAL_EVENTS


@dataclass(frozen=True, slots=True)
class TeamChannel:
    """A place where the team reads along. Its apprise URL is in the environment variable ONCALL_CHANNEL_NAME."""

    name: str
    about: tuple[Topic, ...] = tuple(Topic)
