"""The support promise as values: windows, impacts, plans, targets and escalation. Made by `policyfile`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall.errors import Fault
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
    """How badly the customer is hit. `pages`: someone is woken for it outside business hours.

    pause_while_waiting: no periodic update is owed while the customer is waited for.
    """

    name: str
    definition: str
    pages: bool
    aliases: tuple[str, ...] = ()
    pause_while_waiting: bool = False


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
    `warn_share`: of a target (0 to 1), after which the owner of a taken ticket is warned.
    """

    steps: tuple[EscalationStep, ...]
    repeat_every: timedelta
    desk_after: timedelta
    warn_share: float = 0.75


class Extra(StrEnum):
    """What a plan brings beyond its times."""

    ACCOUNT_MANAGER = "technical_account_manager"
    """The customer's account manager is copied, by a notice, when engineers are paged."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who bought `plan`. `account_manager` is the id of somebody on the roster; `contacts` are for people to read."""

    name: str
    plan: str
    account_manager: str | None = None
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskChannel:
    """Who is told, and how, of a ticket that comes to the desk; its own queue shows it anyway. Ids of the roster."""

    notify: tuple[str, ...] = ()
    channel: ChannelName = ChannelName.SMS


@dataclass(frozen=True, slots=True)
class TextLimit:
    """At most `most` text messages in any span of `within`."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What a storm of tickets may send. The first page of an urgent ticket is bound by none of it; it only counts.

    bundle_for: a further page to a phone that was paged less long ago waits, and all that wait go as one message; zero:
    none waits. per_phone: messages to one phone that it did not ask for. sender: segments to all phones together, the
    answers to what people send among them; a long code is allowed one a second.
    """

    bundle_for: timedelta = timedelta(seconds=10)
    per_phone: TextLimit = TextLimit(10, timedelta(minutes=1))
    sender: TextLimit = TextLimit(10, timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole support promise. `spans` tile the local week in `zone`; `source` names the file it came from.

    extras: by plan. customers_file: the name of the customers' file, beside the policy's, when it has one.
    text, customers_text: the two files as they were read; empty where a file is absent.
    lines: of the policy's file, by path (`plans.standard.promises.high.coverage`), for reasons that name their rule.
    warnings: values of the file that can be used but should be checked.
    """

    name: str
    zone: ZoneInfo
    spans: tuple[WeekSpan, ...]
    impacts: Mapping[str, Impact]
    plans: Mapping[str, SupportPlan]
    escalation: Escalation
    source: str = field(default="", compare=False)
    desk: DeskChannel = DeskChannel()
    extras: Mapping[str, tuple[Extra, ...]] = field(default_factory=dict)
    limits: Limits = Limits()
    customers: tuple[Customer, ...] = ()
    customers_file: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    text: str = field(default="", compare=False, repr=False)
    customers_text: str = field(default="", compare=False, repr=False)

    def customer(self, name: str) -> Customer | None:
        """The customer of that name; letter case, blanks and punctuation do not count."""
        wanted = folded_name(name)
        return next((customer for customer in self.customers if folded_name(customer.name) == wanted), None)


def folded_name(name: str) -> str:
    """A customer's name as it is compared."""
    return " ".join(re.findall(r"\w+", name.casefold()))
