"""The policy file: YAML -> Policy, or every fault at once with file:line:column. The packaged one is itopia's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from oncall.support.customers import customers_beside, customers_from_text, file_beside
from oncall.support.policy import (
    ChannelName,
    Counting,
    Coverage,
    DeskChannel,
    Escalation,
    EscalationStep,
    Extra,
    Impact,
    Limits,
    Metric,
    Notify,
    Policy,
    Promise,
    SupportPlan,
    Target,
)
from oncall.support.promises import (
    check_faster,
    check_hours,
    check_in_time,
    check_order,
    check_urgent,
    circle_of,
    note_circle,
)
from oncall.support.text_limits import limits
from oncall.support.value_readers import Once, duration, duration_of, slug, some_time, time_zone
from oncall.support.week_hours import PlacedSpan, hours_of, tiled
from oncall.support.windows import WindowKind
from oncall.yamlfile import (
    AtFault,
    Faults,
    MapNode,
    Node,
    Reader,
    ScalarNode,
    descend,
    lines_of,
    parse,
    read_text,
    shown,
)
from oncall.yamlvalues import (
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

T = TypeVar("T")

_NO_EXTRAS: dict[str, tuple[Extra, ...]] = {}

PACKAGED_NAME = "packaged:itopia-cas.policy.yaml"
"""`Policy.source` of the packaged policy: no path that a roster beside a file of that name could give."""


def read_policy(path: Path) -> Policy:
    """Read a policy file and the customers' file that it names, which lies beside it.

    Raises FileFaults with every fault of both; files are named as the caller gave them.
    """
    faults = Faults(str(path))
    text = read_text(path)
    root = parse(text, faults)
    policy = _read(root, str(path), text)
    customers = customers_beside(path, root)
    faults.raise_any()
    assert policy is not None, "a policy that could not be read has a fault"
    return replace(policy, customers=customers.people, customers_text=customers.text, warnings=faults.warnings)


def policy_from_text(text: str, source: str, zone: ZoneInfo | None = None) -> Policy:
    """Read a policy from its text. `source` names the file in messages; `zone` replaces the file's own time zone.

    Raises FileFaults with every fault. Its customers are in a file of their own: see `with_customers`.
    """
    faults = Faults(source)
    policy = _read(parse(text, faults), source, text)
    faults.raise_any()
    assert policy is not None, "a policy that could not be read has a fault"
    return replace(policy, zone=zone or policy.zone, warnings=faults.warnings)


def published_policy(text: str, source: str, zone: ZoneInfo) -> Policy:
    """A policy that was judged when it was published: a rule that is younger than it must not stop the pager now.

    Raises FileFaults when no policy can be made of it at all.
    """
    faults = Faults(source)
    policy = _read(parse(text, faults), source, text)
    if policy is None:
        raise faults.refusal()
    return replace(policy, zone=zone)


def policy_from_sources(sources: Mapping[str, str]) -> Policy:
    """The policy of a publication, from the texts that it keeps (`NewVersion.sources`)."""
    policy = published_policy(sources["policy"], sources["policy_source"], ZoneInfo(sources["policy_zone"]))
    customers = sources.get("customers")
    return policy if customers is None else with_customers(policy, customers, policy.customers_file or "customers")


def _read(root: Node, source: str, text: str) -> Policy | None:
    """The policy with its text and lines, whatever faults were noted; None when none could be made."""
    try:
        return replace(_PolicyReader(root, source).read(), lines=lines_of(root), text=text)
    except AtFault:
        return None


def with_customers(policy: Policy, text: str, source: str) -> Policy:
    """The policy with the customers of that text. Raises FileFaults with every fault of it."""
    return replace(policy, customers=customers_from_text(text, source, list(policy.plans)), customers_text=text)


def packaged_policy(zone: ZoneInfo | None = None) -> Policy:
    """The itopia CAS policy that comes with this product, in New York's time or in `zone`."""
    policy = _packaged()
    return policy if zone is None else replace(policy, zone=zone)


def packaged_policy_text() -> str:
    """The packaged policy file as it is: also the worked example of the format."""
    from importlib.resources import files

    return files("oncall.support").joinpath("itopia-cas.policy.yaml").read_text(encoding="utf-8")


@cache
def _packaged() -> Policy:
    return policy_from_text(packaged_policy_text(), PACKAGED_NAME)


_PROMISE_EXAMPLE = "{coverage: 24x7, first_reply: 60m calendar, next_reply: 2h calendar, periodic_update: 4h calendar}"


class _PolicyReader:
    """Reads one policy. Parts that others are checked against are kept as they are read, without those at fault."""

    def __init__(self, root: Node, source: str) -> None:
        self._root = root
        self._source = source
        self._impact_names = Once("name or an alias")
        self._short_names = Once("short name")
        self._impacts: dict[str, Impact] = {}
        self._plans: dict[str, SupportPlan] = {}

    def read(self) -> Policy:
        """The policy. Raises AtFault, or only notes faults, when it cannot be used."""
        fields = Fields(self._root)
        name = fields.required("name", slug, example="my-support")
        zone = fields.required("timezone", time_zone, example="America/New_York")
        business = fields.optional("business_hours", _business_hours, ())
        on_call = fields.required("on_call", _on_call, example="{weekend: fri 19:01 - mon 07:59}")
        impacts = fields.required("impacts", self._read_impacts, example="{urgent: {definition: ..., pages: true}}")
        plans = fields.required("plans", self._read_plans, example="{standard: {short_name: STD, promises: ...}}")
        escalation = fields.required("escalation", _escalation, example="{steps: [...], repeat_every: 30m, ...}")
        desk = fields.optional("channels", _channels, DeskChannel())
        extras = fields.optional("extras", self._read_extras, _NO_EXTRAS)
        most = fields.optional("limits", limits, Limits())
        customers = fields.optional("customers", file_beside, None)
        fields.close()
        self._check_plans(business, escalation)
        spans = tiled(business.value + on_call.value, on_call.place)
        return Policy(
            name=name.value,
            zone=zone.value,
            spans=spans,
            impacts=impacts.value,
            plans=plans.value,
            escalation=escalation.value,
            source=self._source,
            desk=desk.value,
            extras=extras.value,
            limits=most.value,
            customers_file=customers.value,
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
        """What plans bring beyond their times."""
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

    def _check_plans(self, business: Slot[tuple[PlacedSpan, ...]], escalation: Slot[Escalation]) -> None:
        """Check each plan that could be read against the hours, the plan it is to be faster than, and the steps."""
        if escalation.is_good:
            check_order(escalation.value, escalation.place)
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
            if escalation.is_good:
                paging = [name for name in plan.promises if name in self._impacts and self._impacts[name].pages]
                check_in_time(plan, paging, escalation.value, node)


def _at_least_one(found: dict[str, T], node: Node, what: str) -> dict[str, T]:
    if not found:
        raise node.refuse(f"is empty; a policy needs at least one {what}")
    return found


def _business_hours(node: Node) -> tuple[PlacedSpan, ...]:
    return hours_of(WindowKind.BUSINESS, node)


def _on_call(node: Node) -> tuple[PlacedSpan, ...]:
    fields = Fields(node)
    kinds = (WindowKind.WEEKNIGHT, WindowKind.WEEKEND)
    slots = [fields.optional(kind.value, partial(hours_of, kind), ()) for kind in kinds]
    fields.close()
    return tuple(span for slot in slots for span in slot.value)


def _short_name(node: Node) -> str:
    text = line_of_text(node)
    # It goes into every SMS: few characters, all of them in the alphabet that makes a segment 160 long.
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
    """`4h coverage`, `60m calendar`, or the same as keys."""
    if isinstance(node, MapNode):
        fields = Fields(node)
        within = fields.required("within", some_time, example="4h")
        counting = fields.required("counting", _counting, example="coverage")
        fields.close()
        return Target(within.value, counting.value)
    length, _, hours = scalar(node).text.strip().rpartition(" ")
    if hours not in list(Counting):
        raise node.refuse(
            f'{shown(scalar(node).text)} does not say which hours count; write it like "4h coverage" or "60m calendar"'
        )
    if not (within_time := duration_of(length, node)):
        raise node.refuse(f'{shown(scalar(node).text)} is no time at all; write it like "4h coverage"')
    return Target(within_time, Counting(hours))


def _counting(node: Node) -> Counting:
    return Counting(one_of(list(Counting), "a way of counting")(node))


def _escalation(node: Node) -> Escalation:
    fields = Fields(node)
    steps = fields.required("steps", list_of(_step), example="[{notify: primary, channel: sms, after: 0m}]")
    repeat = fields.required("repeat_every", some_time, example="30m")
    desk = fields.required("desk_after", duration, example="15m")
    warn = fields.optional("warn_at", _share, 75.0)
    fields.close()
    if steps.is_good and not steps.value:
        steps.place.note("is empty; write at least one step, like {notify: primary, channel: sms, after: 0m}")
    return Escalation(steps.value, repeat.value, desk.value, warn.value / 100)


def _share(node: Node) -> float:
    """`75%` of a target."""
    text = scalar(node).text.strip()
    number = text.removesuffix("%").strip()
    if not text.endswith("%") or not re.fullmatch(r"[0-9]{1,2}([.][0-9]{1,3})?", number) or not float(number):
        raise node.refuse(f"{shown(text)} is not a share of a promised time; write one from 1% to 99%, like 75%")
    return float(number)


def _channels(node: Node) -> DeskChannel:
    """Who is told of a ticket at the desk, and how; the channels of the engineers on call stand in the steps."""
    fields = Fields(node)
    desk = fields.required("desk", _desk, example="{notify: [mei], channel: sms}")
    fields.close()
    return desk.value


def _desk(node: Node) -> DeskChannel:
    fields = Fields(node)
    notify = fields.required("notify", distinct_list_of(slug, least=1, most=20), example="[mei]")
    channel = fields.optional("channel", one_of(list(ChannelName), "a channel"), ChannelName.SMS.value)
    fields.close()
    return DeskChannel(notify.value, ChannelName(channel.value))


def _step(node: Node) -> EscalationStep:
    fields = Fields(node)
    notify = fields.required("notify", one_of(list(Notify), "somebody to notify"), example="primary")
    channel = fields.required("channel", one_of(list(ChannelName), "a channel"), example="sms")
    after = fields.required("after", _delay, example="5m")
    fields.close()
    length, percent = after.value
    return EscalationStep(Notify(notify.value), ChannelName(channel.value), length, percent)


def _delay(node: Node) -> tuple[timedelta | None, float | None]:
    """`5m` or `25%`."""
    text = scalar(node).text.strip()
    if not text.endswith("%"):
        return duration(node), None
    number = text.removesuffix("%").strip()
    if not re.fullmatch(r"[0-9]{1,2}([.][0-9]{1,3})?", number):
        raise node.refuse(f"{shown(text)} is not a share of the first-reply time; write one from 0% to 99%, like 25%")
    return None, float(number)
