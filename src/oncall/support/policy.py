"""The support promise as values: windows, impacts, plans, targets and escalation. `policy_file` makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from oncall.errors import Fault
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.mail_rules import MailRules
from oncall.support.outward import TeamChannel, Webhook
from oncall.support.portal_rules import PortalRules
from oncall.support.reminders import Reminders
from oncall.support.routing import Routing
from oncall.support.windows import WeekSpan, WindowKind, weekend_kinds


class Coverage(StrEnum):
    """When a plan's promise for an impact holds."""

    ALWAYS = "24x7"
    FIVE_DAYS = "24x5"
    """The policy's coverage days from 00:00 to 24:00 in its zone, holidays included."""
    BUSINESS = "business"
    """The policy's business hours; none on a holiday."""


class Metric(StrEnum):
    """The three times that the guidelines promise."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"


class Counting(StrEnum):
    """Which hours use up a target."""

    CALENDAR = "calendar"
    """Every hour."""
    COVERAGE = "coverage"
    """Only hours in which the promise holds."""


@dataclass(frozen=True, slots=True)
class Target:
    """The time allowed until a reply or an update, and which hours count."""

    within: timedelta
    counting: Counting


@dataclass(frozen=True, slots=True)
class Promise:
    """The promises of one plan for one impact."""

    coverage: Coverage
    targets: Mapping[Metric, Target]


@dataclass(frozen=True, slots=True)
class Impact:
    """How badly a ticket hits the customer. `pages`: engineers are paged for it outside business hours.

    pause_while_waiting: the periodic update is not due while the ticket waits for the customer.
    """

    name: str
    definition: str
    pages: bool
    aliases: tuple[str, ...] = ()
    pause_while_waiting: bool = False


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """A support plan, which customers buy. `short_name` stands in SMS; `promises` by impact name."""

    name: str
    short_name: str
    promises: Mapping[str, Promise]
    faster_than: str | None = None


class Notify(str):
    """The target of an escalation step: the desk, the manager, or the engineer in a role, by the role's name.

    There is one object for each name, so `is` compares two targets as it compares the members of an enum.
    """

    __slots__ = ()
    _by_name: ClassVar[dict[str, Notify]] = {}
    DESK: ClassVar[Notify]
    PRIMARY: ClassVar[Notify]
    SECONDARY: ClassVar[Notify]
    MANAGER: ClassVar[Notify]

    def __new__(cls, name: str) -> Notify:
        """Return the target of that name."""
        return cls._by_name.setdefault(str(name), super().__new__(cls, name))

    @property
    def is_role(self) -> bool:
        """Return True if it is a role of the roster."""
        return self is not Notify.DESK and self is not Notify.MANAGER


Notify.DESK = Notify("desk")
Notify.PRIMARY = Notify("primary")
Notify.SECONDARY = Notify("secondary")
Notify.MANAGER = Notify("manager")


class ChannelName(StrEnum):
    """How a message is delivered."""

    SMS = "sms"
    VOICE = "voice"
    DESK = "desk"
    """The support desk's queue in the listings; nothing is sent to a phone."""


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
        """Return how long after the round began this step fires, for a first-reply target of `first_reply`."""
        if self.after is not None:
            return self.after
        assert self.after_percent is not None
        return first_reply * (self.after_percent / 100)


@dataclass(frozen=True, slots=True)
class Escalation:
    """The steps of a round, in order of their delay, and when the round starts again.

    desk_after: after this time, a ticket at the desk whose impact pages, and that no one has taken, goes to `steps`.
    warn_share: share (0 to 1) of a target after which the owner of an acknowledged ticket is warned.
    """

    steps: tuple[EscalationStep, ...]
    repeat_every: timedelta
    desk_after: timedelta
    warn_share: float = 0.75


class Extra(StrEnum):
    """Services that a plan includes in addition to its targets."""

    ACCOUNT_MANAGER = "technical_account_manager"
    """The customer's account manager gets a copy of pages, as a notice."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and their plan. `account_manager`: a person's id on the roster. `contacts`: free text for people.

    id: the customer's id in other systems. domains: mail domains, in small letters. organizations: their names in other
    systems. tags: in small letters.
    """

    name: str
    plan: str
    account_manager: str | None = None
    contacts: tuple[str, ...] = ()
    id: str | None = None
    domains: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskChannel:
    """The people (ids of the roster) who get a notice when a ticket comes to the desk, and how they get it."""

    notify: tuple[str, ...] = ()
    channel: ChannelName = ChannelName.SMS


@dataclass(frozen=True, slots=True)
class TextLimit:
    """At most `most` text messages in any span of `within`."""

    most: int
    within: timedelta


_FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limits of texts. The first page of an urgent ticket counts, but is never limited.

    bundle_for: a page waits while its phone got a page less than this ago, and waiting pages go as one message; zero:
    no page waits. bundle_urgent_for: the same for the first pages of urgent tickets. per_phone: messages to one phone,
    without answers to its own texts. sender: segments to all phones, with answers; a carrier allows a long code one
    segment a second. urgent_per_phone, urgent_per_caller: ceilings of messages with first pages of urgent tickets;
    None: the default, which is high where the policy lets each page go alone.
    """

    bundle_for: timedelta = timedelta(seconds=10)
    per_phone: TextLimit = TextLimit(10, timedelta(minutes=1))
    sender: TextLimit = TextLimit(10, timedelta(seconds=10))
    bundle_urgent_for: timedelta = timedelta(seconds=3)
    urgent_per_phone: TextLimit | None = None
    urgent_per_caller: TextLimit | None = None

    @property
    def urgent_to_phone(self) -> TextLimit:
        """Return how many messages with first pages of urgent tickets one phone gets before they are summarised."""
        return self.urgent_per_phone or TextLimit(60 if self.bundle_urgent_for else 30_000, _FIVE_MINUTES)

    @property
    def urgent_of_caller(self) -> TextLimit:
        """Return how many such messages one caller's tickets cause before its pages are summarised."""
        return self.urgent_per_caller or TextLimit(40 if self.bundle_urgent_for else 20_000, _FIVE_MINUTES)


@dataclass(frozen=True, slots=True)
class SmsRules:
    """How the texts to people are written.

    unicode: a text whose letters GSM-7 lacks is sent in UCS-2, where a segment holds less than half as much; otherwise
    such letters are shown as `?`. link: a page has the ticket's link where its segment has room for it.
    bare_reply_within: how long after a page a command without a code (`ACK`, `DONE`) counts for the page's ticket.
    """

    unicode: bool = True
    link: bool = True
    bare_reply_within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole support promise. `spans` tile the local week in `zone`; `source` names the file it came from.

    extras: by plan. customers_file, status_file: names of these files beside the policy file, if it has them.
    text, customers_text, status_text: the files as they were read; empty where a file is absent.
    lines: line of each path in the policy file (`plans.standard.promises.high.coverage`), so that reasons can name it.
    coverage_days: the days of 24x5, Monday is 0. kinds: of on-call shifts, in the order in which tables list them.
    titles: the display names of kinds that have one. webhooks, team_channels: who else is told of tickets.
    warnings: values that can be used but should be checked.
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
    sms: SmsRules = SmsRules()
    routing: Routing = field(default_factory=Routing)
    mail: MailRules = field(default_factory=MailRules)
    portal: PortalRules = field(default_factory=PortalRules)
    coverage_days: tuple[int, ...] = MONDAY_TO_FRIDAY
    kinds: tuple[WindowKind, ...] = (WindowKind.WEEKNIGHT, WindowKind.WEEKEND, WindowKind.HOLIDAY)
    titles: Mapping[WindowKind, str] = field(default_factory=dict)
    customers: tuple[Customer, ...] = ()
    customers_file: str | None = None
    reminders: Reminders = field(default_factory=Reminders)
    webhooks: tuple[Webhook, ...] = ()
    team_channels: tuple[TeamChannel, ...] = ()
    status_file: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    text: str = field(default="", compare=False, repr=False)
    customers_text: str = field(default="", compare=False, repr=False)
    status_text: str = field(default="", compare=False, repr=False)

    def title(self, kind: str) -> str:
        """Return the display name of a kind of shift; without one, its name."""
        return self.titles.get(WindowKind(kind), kind)

    @property
    def weekend_kinds(self) -> frozenset[WindowKind]:
        """Return the kinds of shift that the weekend rules are about."""
        return weekend_kinds(self.spans)

    def in_order(self, kinds: Iterable[WindowKind]) -> list[WindowKind]:
        """Return different kinds in the order of `kinds`; those that this policy does not have come last, by name."""
        found = set(kinds)
        return [kind for kind in self.kinds if kind in found] + sorted(found - set(self.kinds))

    def customer(self, name: str) -> Customer | None:
        """Return the customer of that name; letter case, spaces and punctuation are ignored."""
        wanted = folded_name(name)
        return next((customer for customer in self.customers if folded_name(customer.name) == wanted), None)


def folded_name(name: str) -> str:
    """Return a customer's name in the form in which names are compared."""
    return " ".join(re.findall(r"\w+", name.casefold()))
