"""The support promise as values: windows, impacts, plans, targets and escalation. `policy_file` reads them."""

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
    """The times that a plan covers for an impact."""

    ALWAYS = "24x7"
    FIVE_DAYS = "24x5"
    """The policy's coverage days from 00:00 to 24:00 in its zone, including holidays."""
    BUSINESS = "business"
    """The policy's business hours. A holiday has none."""


class Metric(StrEnum):
    """The times that the guidelines promise: until the first reply, the next reply, and the periodic update."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"


class Counting(StrEnum):
    """Which time counts towards a target."""

    CALENDAR = "calendar"
    """All time."""
    COVERAGE = "coverage"
    """Only time that the plan covers for the impact."""


@dataclass(frozen=True, slots=True)
class Target:
    """How soon a reply or an update is due, and which time counts."""

    within: timedelta
    counting: Counting


@dataclass(frozen=True, slots=True)
class Promise:
    """What one plan promises for one impact: the coverage and the targets."""

    coverage: Coverage
    targets: Mapping[Metric, Target]


@dataclass(frozen=True, slots=True)
class Impact:
    """How badly a problem hits the customer. `pages`: engineers are paged for such tickets outside business hours.

    pause_while_waiting: the periodic update is not due while the ticket waits for the customer.
    """

    name: str
    definition: str
    pages: bool
    aliases: tuple[str, ...] = ()
    pause_while_waiting: bool = False


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """A support plan that customers buy. `short_name`: for SMS. `promises`: by the name of the impact."""

    name: str
    short_name: str
    promises: Mapping[str, Promise]
    faster_than: str | None = None


class Notify(str):
    """The target of an escalation step: the desk, the manager, or the engineer in a role, by the role's name.

    There is one object for each name, so two targets can be compared with `is`.
    """

    __slots__ = ()
    _by_name: ClassVar[dict[str, Notify]] = {}
    DESK: ClassVar[Notify]
    PRIMARY: ClassVar[Notify]
    SECONDARY: ClassVar[Notify]
    MANAGER: ClassVar[Notify]

    def __new__(cls, name: str) -> Notify:
        """Return the one target with this name."""
        return cls._by_name.setdefault(str(name), super().__new__(cls, name))

    @property
    def is_role(self) -> bool:
        """Return True if the target is a role of the roster, and not the desk or the manager."""
        return self is not Notify.DESK and self is not Notify.MANAGER


Notify.DESK = Notify("desk")
Notify.PRIMARY = Notify("primary")
Notify.SECONDARY = Notify("secondary")
Notify.MANAGER = Notify("manager")


class ChannelName(StrEnum):
    """The way in which a message is delivered."""

    SMS = "sms"
    VOICE = "voice"
    DESK = "desk"
    """The list of tickets at the support desk. Nothing is sent to a phone."""


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A step of the escalation: whom to reach, by which channel, and when.

    The step is due `after` the round began, or at `after_percent` of the first-reply target. Exactly one of the two is
    set.
    """

    notify: Notify
    channel: ChannelName
    after: timedelta | None = None
    after_percent: float | None = None

    def delay(self, first_reply: timedelta) -> timedelta:
        """Return how long after the start of the round this step is due.

        first_reply: the ticket's first-reply target.
        """
        if self.after is not None:
            return self.after
        assert self.after_percent is not None
        return first_reply * (self.after_percent / 100)


@dataclass(frozen=True, slots=True)
class Escalation:
    """The steps of a round, ordered by delay, and when the round starts again.

    desk_after: after this time, a ticket at the desk that nobody has taken escalates to `steps` if its impact pages.
    warn_share: share (0 to 1) of a target after which the owner of an acknowledged ticket is warned.
    """

    steps: tuple[EscalationStep, ...]
    repeat_every: timedelta
    desk_after: timedelta
    warn_share: float = 0.75


class Extra(StrEnum):
    """A service that a plan can include in addition to its targets."""

    ACCOUNT_MANAGER = "technical_account_manager"
    """The customer's account manager gets a copy of each ticket's first page, as a notice."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and their plan. `account_manager`: a person's id on the roster. `contacts`: free text for people.

    id: the customer's id in other systems. domains: mail domains in small letters. organizations: the customer's names
    in other systems. tags: in small letters.
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
    """The people (ids on the roster) who get a notice when a ticket comes to the desk, and the notice's channel."""

    notify: tuple[str, ...] = ()
    channel: ChannelName = ChannelName.SMS


@dataclass(frozen=True, slots=True)
class TextLimit:
    """A rate limit: at most `most` texts, messages or segments in any span of the length `within`."""

    most: int
    within: timedelta


_FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limits of texts. The first page of an urgent ticket counts towards them, but is never delayed by them.

    bundle_for: a page waits if its phone got a page less than this time ago, and waiting pages go as one message; zero:
    no page waits. bundle_urgent_for: the same for the first pages of urgent tickets. per_phone: messages to one phone,
    without answers to its own texts. sender: segments to all phones, with answers; phone companies allow a long code
    one segment a second. urgent_per_phone, urgent_per_caller: the most messages with first pages of urgent tickets;
    None: the default, which is higher if the policy bundles no urgent pages.
    """

    bundle_for: timedelta = timedelta(seconds=10)
    per_phone: TextLimit = TextLimit(10, timedelta(minutes=1))
    sender: TextLimit = TextLimit(10, timedelta(seconds=10))
    bundle_urgent_for: timedelta = timedelta(seconds=3)
    urgent_per_phone: TextLimit | None = None
    urgent_per_caller: TextLimit | None = None

    @property
    def urgent_to_phone(self) -> TextLimit:
        """Return the limit of messages with first pages of urgent tickets to one phone.

        Beyond it, a summary is sent.
        """
        return self.urgent_per_phone or TextLimit(60 if self.bundle_urgent_for else 30_000, _FIVE_MINUTES)

    @property
    def urgent_of_caller(self) -> TextLimit:
        """Return the limit of messages with first pages of one caller's urgent tickets.

        Beyond it, a summary is sent.
        """
        return self.urgent_per_caller or TextLimit(40 if self.bundle_urgent_for else 20_000, _FIVE_MINUTES)


@dataclass(frozen=True, slots=True)
class SmsRules:
    """How the texts to people are written.

    unicode: True: a text with letters that GSM-7 lacks is sent in UCS-2, in which a segment has less than half as many
    letters; False: such letters are shown as `?`. link: a page shows the ticket's link if its segment has room for it.
    bare_reply_within: how long after a page a command without a code (`ACK`, `DONE`) applies to the ticket of the page.
    """

    unicode: bool = True
    link: bool = True
    bare_reply_within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole support promise. `spans` cover each minute of the local week in `zone` once. `source`: the file's name.

    extras: by plan. customers_file, status_file: names of these files in the policy's folder, if it names them. text,
    customers_text, status_text: the files as they were read; empty for a missing file. lines: the line of each path in
    the policy file (`plans.standard.promises.high.coverage`), so that reasons can name it. coverage_days: the days of
    24x5 coverage, Monday is 0. kinds: of on-call shifts, in the order in which tables list them. titles: the display
    names of kinds that have one. webhooks, team_channels: destinations of news about tickets. warnings: about values
    that can be used but should be checked.
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
        """Return the display name of a kind of shift; its name if it has none."""
        return self.titles.get(WindowKind(kind), kind)

    @property
    def weekend_kinds(self) -> frozenset[WindowKind]:
        """Return the kinds of shift to which the weekend rules apply."""
        return weekend_kinds(self.spans)

    def in_order(self, kinds: Iterable[WindowKind]) -> list[WindowKind]:
        """Return the kinds, each once, in the order in which this policy lists them.

        Unknown kinds come last, by name.
        """
        found = set(kinds)
        return [kind for kind in self.kinds if kind in found] + sorted(found - set(self.kinds))

    def customer(self, name: str) -> Customer | None:
        """Return the customer with this name, or None. Letter case, spaces and punctuation make no difference."""
        wanted = folded_name(name)
        return next((customer for customer in self.customers if folded_name(customer.name) == wanted), None)


def folded_name(name: str) -> str:
    """Return a customer's name without letter case, spaces and punctuation, so that names can be compared."""
    return " ".join(re.findall(r"\w+", name.casefold()))
