"""Reads the YAML of a policy file into a Policy, and adds every fault at its place."""

from __future__ import annotations

import re
from typing import TypeVar

from oncall.file_nodes import MapNode, Node, Reader, ScalarNode, descend, shown
from oncall.file_values import (
    Fields,
    Slot,
    distinct_list_of,
    line_of_text,
    list_of,
    mapping_of,
    one_of,
    paragraph,
    scalar,
    true_or_false,
)
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.escalation_reader import escalation
from oncall.support.files_beside import file_beside
from oncall.support.likely_times import length_meant
from oncall.support.mail_rules import MailRules, mail_rules
from oncall.support.on_call_reader import kinds_of, on_call_windows, spans_of
from oncall.support.outward_reader import channels, webhooks
from oncall.support.policy import (
    Counting,
    Coverage,
    DeskChannel,
    Escalation,
    Extra,
    Impact,
    Limits,
    Metric,
    Policy,
    Promise,
    SmsRules,
    SupportPlan,
    Target,
)
from oncall.support.policy_checks import (
    check_coverage_days,
    check_faster,
    check_hours,
    check_in_time,
    check_order,
    check_urgent,
    circle_of,
    note_circle,
)
from oncall.support.portal_rules import PortalRules, check_teams, portal_rules
from oncall.support.reminder_reader import reminders
from oncall.support.reminders import Reminders
from oncall.support.routing import Routing
from oncall.support.routing_reader import routing
from oncall.support.text_limits import limits, sms_rules
from oncall.support.value_readers import Once, duration_of, slug, some_time, time_zone
from oncall.support.week_hours import PlacedSpan, days_of, hours_of, tiled
from oncall.support.windows import WindowKind

T = TypeVar("T")

_NO_EXTRAS: dict[str, tuple[Extra, ...]] = {}
_PROMISE_EXAMPLE = "{coverage: 24x7, first_reply: 60m calendar, next_reply: 2h calendar, periodic_update: 4h calendar}"


class PolicyReader:
    """Reads one policy.

    Remembers the impacts and plans without faults, so that later keys can be checked against them.
    """

    def __init__(self, root: Node, source: str) -> None:
        self._root = root
        self._source = source
        self._impact_names = Once("name or an alias")
        self._short_names = Once("short name")
        self._impacts: dict[str, Impact] = {}
        self._plans: dict[str, SupportPlan] = {}

    def read(self) -> Policy:
        """Return the policy, even if it has faults. Raises AtFault if no policy can be built."""
        fields = Fields(self._root)
        name = fields.required("name", slug, example="my-support")
        zone = fields.required("timezone", time_zone, example="America/New_York")
        business = fields.optional("business_hours", _business_hours, ())
        on_call = fields.required("on_call", on_call_windows, example="{weekend: fri 19:01 - mon 07:59}")
        days = fields.optional("coverage_days", days_of, MONDAY_TO_FRIDAY)
        impacts = fields.required("impacts", self._read_impacts, example="{urgent: {definition: ..., pages: true}}")
        plans = fields.required("plans", self._read_plans, example="{standard: {short_name: STD, promises: ...}}")
        steps = fields.required("escalation", escalation, example="{steps: [...], repeat_every: 30m, ...}")
        told = fields.optional("channels", channels, (DeskChannel(), ()))
        hooks = fields.optional("webhooks", webhooks, ())
        extras = fields.optional("extras", self._read_extras, _NO_EXTRAS)
        most = fields.optional("limits", limits, Limits())
        sms = fields.optional("sms", sms_rules, SmsRules())
        table = fields.optional("routing", routing(self._root), Routing())
        mail = fields.optional("mail", mail_rules(self._root), MailRules())
        portal = fields.optional("portal", portal_rules(self._root), PortalRules())
        reminded = fields.optional("reminders", reminders, Reminders())
        customers = fields.optional("customers", file_beside, None)
        status = fields.optional("status", file_beside, None)
        fields.close()
        if portal.is_good and mail.is_good:
            check_teams(portal.value, mail.value, portal.place)
        check_coverage_days(self._plans.values(), business, days)
        self._check_plans(business, steps)
        spans = tiled(business.value + spans_of(on_call.value), on_call.place)
        return Policy(
            name=name.value,
            zone=zone.value,
            spans=spans,
            impacts=impacts.value,
            plans=plans.value,
            escalation=steps.value,
            source=self._source,
            desk=told.value[0],
            extras=extras.value,
            limits=most.value,
            sms=sms.value,
            routing=table.value,
            mail=mail.value,
            portal=portal.value,
            coverage_days=days.value,
            kinds=kinds_of(on_call.value),
            titles={window.kind: window.title for window in on_call.value if window.title},
            customers_file=customers.value,
            reminders=reminded.value,
            webhooks=hooks.value,
            team_channels=told.value[1],
            status_file=status.value,
        )

    def _read_impacts(self, node: Node) -> dict[str, Impact]:
        return _at_least_one(mapping_of(self._impact)(node), node, "impact")

    def _impact(self, key: ScalarNode, node: Node) -> Impact:
        name = slug(key)
        self._impact_names.claim(name, key, owner=key.path)
        fields = Fields(node)
        definition = fields.required("definition", paragraph, example="what the customer cannot do")
        pages = fields.required("pages", true_or_false, example="true")
        aliases = fields.optional("aliases", list_of(self._impact_names.read(slug)), ())
        pauses = fields.optional("pause_while_waiting", true_or_false, False)
        fields.close()
        impact = Impact(name, definition.value, pages.value, aliases.value, pauses.value)
        check_urgent(impact, node)
        self._impacts[name] = impact
        return impact

    def _read_plans(self, node: Node) -> dict[str, SupportPlan]:
        return _at_least_one(mapping_of(self._plan)(node), node, "plan")

    def _plan(self, key: ScalarNode, node: Node) -> SupportPlan:
        name = slug(key)
        fields = Fields(node)
        short_name = fields.required("short_name", self._short_names.read(_short_name), example=name[:3].upper())
        faster_than = fields.optional("faster_than", self._other_plan(name), None)
        promises = fields.required("promises", self._promises, example="one for each impact")
        fields.close()
        self._plans[name] = SupportPlan(name, short_name.value, promises.value, faster_than.value)
        return self._plans[name]

    def _read_extras(self, node: Node) -> dict[str, tuple[Extra, ...]]:
        """Read the services that each plan includes in addition to its targets, by plan."""
        plans = descend(self._root, "plans")
        known = list(plans.entries) if isinstance(plans, MapNode) else []

        def read(key: ScalarNode, value: Node) -> tuple[Extra, ...]:
            one_of(known, "a plan of this policy")(key)
            words = distinct_list_of(one_of(list(Extra), "an extra"), least=1, most=len(Extra))(value)
            return tuple(Extra(word) for word in words)

        return mapping_of(read)(node)

    def _other_plan(self, name: str) -> Reader[str]:
        plans = descend(self._root, "plans")
        names = list(plans.entries) if isinstance(plans, MapNode) else []
        return one_of([other for other in names if other != name], "another plan of this policy")

    def _promises(self, node: Node) -> dict[str, Promise]:
        impacts = descend(self._root, "impacts")
        names = list(impacts.entries) if isinstance(impacts, MapNode) else []
        fields = Fields(node)
        promises = {name: fields.required(name, _promise, example=_PROMISE_EXAMPLE) for name in names}
        fields.close()
        return {name: promise.value for name, promise in promises.items()}

    def _check_plans(self, business: Slot[tuple[PlacedSpan, ...]], steps: Slot[Escalation]) -> None:
        """Add the faults of each plan that was read: in its hours, in `faster_than`, and in the times of the steps."""
        if steps.is_good:
            check_order(steps.value, steps.place)
        in_circles: set[str] = set()
        for plan in self._plans.values():
            node = descend(self._root, "plans", plan.name, "promises")
            if business.is_good and not business.value:
                check_hours(plan, node)
            if plan.name not in in_circles and (circle := circle_of(plan, self._plans)):
                note_circle(circle, descend(self._root, "plans", plan.name, "faster_than"))
                in_circles.update(circle)
            if plan.faster_than in self._plans and plan.name not in in_circles:
                check_faster(plan, self._plans[plan.faster_than], node)
            if steps.is_good:
                paging = [name for name in plan.promises if name in self._impacts and self._impacts[name].pages]
                check_in_time(plan, paging, steps.value, node)


def _at_least_one(found: dict[str, T], node: Node, what: str) -> dict[str, T]:
    if not found:
        raise node.refuse(f"is empty; a policy needs at least one {what}")
    return found


def _business_hours(node: Node) -> tuple[PlacedSpan, ...]:
    return hours_of(WindowKind.BUSINESS, node)


def _short_name(node: Node) -> str:
    """Read a plan's name for SMS: few characters, all of them in the GSM-7 alphabet."""
    text = line_of_text(node)
    if not re.fullmatch(r"[A-Za-z0-9-]{1,8}", text):
        raise node.refuse(
            f'{shown(text)} is not a short name of 1 to 8 letters, digits and dashes; write one like "STD"'
        )
    return text


def _promise(node: Node) -> Promise:
    fields = Fields(node)
    coverage = fields.required("coverage", one_of(list(Coverage), "a coverage"), example="24x7")
    targets = {metric: fields.required(metric.value, _target, example="4h coverage") for metric in Metric}
    fields.close()
    return Promise(Coverage(coverage.value), {metric: target.value for metric, target in targets.items()})


def _target(node: Node) -> Target:
    """Read a target: `4h coverage`, `60m calendar`, or the same as two keys."""
    if isinstance(node, MapNode):
        fields = Fields(node)
        within = fields.required("within", some_time, example="4h")
        counting = fields.required("counting", _counting, example="coverage")
        fields.close()
        return Target(within.value, counting.value)
    length, _, hours = scalar(node).text.strip().rpartition(" ")
    if hours not in list(Counting):
        raise node.refuse(f"{shown(scalar(node).text)} does not say which hours count; {_target_advice(node)}")
    if not (within_time := duration_of(length, node)):
        raise node.refuse(f'{shown(scalar(node).text)} is no time at all; write it like "4h coverage"')
    return Target(within_time, Counting(hours))


def _target_advice(node: Node) -> str:
    """Return what to write for a target without `coverage` or `calendar`, with the length of time that it has."""
    text = scalar(node).text.strip()
    words = re.sub(r"(?i)\s*\b(of\s+)?(coverage|business|calendar|working|office)(\s+(hours|hrs|time))?$", "", text)
    length = words if re.fullmatch(r"([0-9]{1,6}[smhd])+", words) else length_meant(words)
    if length is None:
        return 'write it like "4h coverage" or "60m calendar"'
    if re.search(r"(?i)calendar", text):
        return f'write "{length} calendar"'
    if words != text:
        return f'write "{length} coverage"'
    return f'write "{length} coverage" or "{length} calendar"'


def _counting(node: Node) -> Counting:
    return Counting(one_of(list(Counting), "a way of counting")(node))
