"""The support promise as values: windows, impacts, plans, targets and escalation. Made by `policyfile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall.support.windows import WeekSpan


class Coverage(StrEnum):
    """When a plan's promise for an impact holds."""

    ALWAYS = "24x7"
    WEEKDAYS = "24x5"
    """Monday 00:00 to Friday 24:00 in the policy's zone, holidays included."""
    BUSINESS = "business"
    """The policy's business hours; none on a holiday."""


class Metric(StrEnum):
    """The three times that the guidelines promise."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"


class Counting(StrEnum):
    """Which time uses up a target."""

    CALENDAR = "calendar"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Target:
    """How long until a reply or an update is owed, and which time counts."""

    within: timedelta
    counting: Counting


@dataclass(frozen=True, slots=True)
class Promise:
    """What one plan promises for one impact."""

    coverage: Coverage
    targets: Mapping[Metric, Target]


@dataclass(frozen=True, slots=True)
class Impact:
    """How badly the customer is hit. `pages`: someone is woken for it outside business hours."""

    name: str
    definition: str
    pages: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """What a customer bought. `short_name` is what an SMS has room for; `promises` by impact name."""

    name: str
    short_name: str
    promises: Mapping[str, Promise]
    faster_than: str | None = None


class Notify(StrEnum):
    """Whom an escalation step reaches."""

    DESK = "desk"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    MANAGER = "manager"


class ChannelName(StrEnum):
    """By which way a step reaches them."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    DESK = "desk"
    """The support desk's own queue: shown by every listing, sent to nobody's phone."""


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Whom to reach, how, and when: `after` the round began, or at `after_percent` of the first-reply target.

    Exactly one of the two is set.
    """

    notify: Notify
    channel: ChannelName
    after: timedelta | None = None
    after_percent: float | None = None

    def delay(self, first_reply: timedelta) -> timedelta:
        """How long after the round began this step fires, for a first-reply target of `first_reply`."""
        if self.after is not None:
            return self.after
        assert self.after_percent is not None
        return first_reply * (self.after_percent / 100)


@dataclass(frozen=True, slots=True)
class Escalation:
    """The steps of a round in order of their delay, and when the round starts again.

    `desk_after`: a ticket at the desk whose impact pages and that nobody took goes on to `steps` after this.
    """

    steps: tuple[EscalationStep, ...]
    repeat_every: timedelta
    desk_after: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole support promise. `spans` tile the local week in `zone`; `source` names the file it came from."""

    name: str
    zone: ZoneInfo
    spans: tuple[WeekSpan, ...]
    impacts: Mapping[str, Impact]
    plans: Mapping[str, SupportPlan]
    escalation: Escalation
    source: str = field(default="", compare=False)
