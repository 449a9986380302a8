"""The JSON objects that the API and `--json` show for a policy, field by field."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from oncall.support.json_types import Keyword


class TargetView(TypedDict):
    """How soon a reply or update is promised, and which time counts."""

    seconds: int
    counting: Annotated[str, Keyword("enum", ("calendar", "coverage")), "Which time counts towards the target."]


class PromiseView(TypedDict):
    """What a plan promises for one impact: the coverage and the targets."""

    coverage: Annotated[str, Keyword("enum", ("24x7", "24x5", "business"))]
    first_reply: NotRequired[TargetView]
    next_reply: NotRequired[TargetView]
    periodic_update: NotRequired[TargetView]


class ImpactView(TypedDict):
    """One impact of the policy."""

    definition: str
    aliases: list[str]
    pages: Annotated[bool, "True if engineers on call are paged for it."]
    pause_while_waiting: Annotated[bool, "True if periodic updates pause while the team waits for the customer."]


class SupportPlanView(TypedDict):
    """One support plan of the policy."""

    short_name: Annotated[str, "As it stands in an SMS."]
    faster_than: Annotated[str | None, "The plan that this one is faster than in every promise."]
    extras: list[str]
    promises: Annotated[dict[str, PromiseView], "By impact."]


class EscalationView(TypedDict):
    """The escalation: its steps, and when the round starts again."""

    desk_after_seconds: Annotated[int, "How long the desk may leave a paging ticket before engineers are paged."]
    repeat_every_seconds: Annotated[int, "After so long the round starts again."]
    warn_at_percent: Annotated[float, "How much of a target is used up when its owner is warned."]
    steps: Annotated[list[str], "The steps in words."]


class TextLimitView(TypedDict):
    """A rate limit: how many texts may go out in a span."""

    most: int
    within_seconds: int


class LimitsView(TypedDict):
    """The rate limits of texts."""

    bundle_for_seconds: Annotated[int, "How long a page that is not urgent waits for others to the same phone."]
    bundle_urgent_for_seconds: Annotated[
        int, "How long an urgent page waits after another page to the same phone; 0: each goes alone."
    ]
    per_phone: TextLimitView
    sender: TextLimitView
    urgent_per_phone: TextLimitView
    urgent_per_caller: TextLimitView


class SmsRulesView(TypedDict):
    """How texts are written."""

    unicode: Annotated[bool, "Letters that GSM-7 lacks go out in UCS-2."]
    link: Annotated[bool, "A page has the ticket's link where its segment has room."]
    bare_reply_within_seconds: Annotated[int, "How long after the last page a reply without a code counts for it."]


class MailRulesView(TypedDict):
    """How mails become tickets."""

    recipients: Annotated[list[str], "The addresses that open tickets; one that ends with `@` has any domain."]
    impact: Annotated[str | None, "Of a new mail; null: that of an alert without a known severity."]
    words: Annotated[dict[str, str], "The impact of a mail whose subject begins with a word."]


class PortalRowView(TypedDict):
    """One row of the portal's table. The first row that fits the customer's answers counts."""

    answers: Annotated[
        dict[str, list[str]], "By question, the answers that fit; a question that is absent fits always."
    ]
    impact: str
    why: Annotated[str, "A sentence for the customer; empty: the impact's definition is shown."]
    mail: Annotated[str | None, "The team that gets the ticket by mail, too."]


class PortalView(TypedDict):
    """How the answers to the portal's four questions become an impact."""

    rows: list[PortalRowView]
    answer_within_seconds: Annotated[int, "The average time of an answer in business hours, which pages name."]


class DeskView(TypedDict):
    """Who gets a notice of a ticket at the support desk, and by which channel."""

    notify: list[str]
    channel: str


class CustomerView(TypedDict):
    """One customer on the policy's list."""

    name: str
    plan: str
    account_manager: str | None
    contacts: list[str]
    id: Annotated[str | None, "Their id in other systems."]
    domains: Annotated[list[str], "Their mail domains."]
    organizations: Annotated[list[str], "Their names in other systems."]
    tags: Annotated[list[str], "Tags of tickets that are theirs."]


class RoutingRowView(TypedDict):
    """One row of the routing table. The first row whose patterns all match an alert's labels counts."""

    match: Annotated[dict[str, str], "A pattern for each label; `*` stands for any text."]
    customer: str | None
    plan: str | None
    impact: str | None


class RoutingView(TypedDict):
    """How alerts become tickets."""

    rows: list[RoutingRowView]
    severities: Annotated[dict[str, str], "Impact by severity."]
    default_impact: Annotated[str | None, "For an unknown severity; null: the packaged rule."]
    default_customer: str
    unknown_customers: Annotated[str | None, "The plan of customers on no list; null: the packaged rule."]


class RemindersView(TypedDict):
    """The texts that engineers get before their shifts."""

    before_seconds: Annotated[list[int], "How long before a shift its engineer is reminded, the longest first."]
    prove_phones: Annotated[bool, "Engineers are asked to prove that texts reach their phones."]
    not_to: Annotated[list[str], "Ids of engineers who get no reminders."]


class PolicyView(TypedDict):
    """A support policy. Lengths of time are in seconds."""

    name: str
    timezone: str
    hours: Annotated[list[str], "The hours of each kind of window, a line each."]
    coverage_days: Annotated[list[str], "The days of the week on which 24x5 holds, `monday` first."]
    impacts: Annotated[dict[str, ImpactView], "By name, the gravest first."]
    plans: Annotated[dict[str, SupportPlanView], "By name."]
    escalation: EscalationView
    limits: LimitsView
    sms: SmsRulesView
    mail: MailRulesView
    portal: PortalView
    reminders: RemindersView
    desk: DeskView
    routing: RoutingView
    customers: list[CustomerView]
