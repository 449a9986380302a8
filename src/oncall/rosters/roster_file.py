"""Reads a roster file: returns a Roster, or raises every fault of it and of its policy, with line and column.

To add a key, add a line in the reader of its mapping: a field, its reader from `fields` or `file_values`, its default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.errors import FileFaults
from oncall.file_nodes import AtFault, Faults, Node, Reader, ScalarNode, descend, lines_of, shown
from oncall.file_values import (
    Fields,
    Slot,
    distinct_list_of,
    line_of_text,
    list_of,
    one_of,
    one_or_many,
    true_or_false,
    whole_number,
    words_in,
)
from oncall.rosters.absences import Moment, absences, check_order, moment, shadowing, with_holidays_off
from oncall.rosters.company_days import company_days
from oncall.rosters.contradictions import SeatTimes, check_pairs, check_requests, check_seats
from oncall.rosters.fields import (
    KindWords,
    email_address,
    load_share,
    person_id,
    phone_number,
    requests,
    role_name,
)
from oncall.rosters.neighbour_files import plan_beside, policy_beside
from oncall.rosters.people_rules import PeopleRules
from oncall.rosters.points import points_of
from oncall.rosters.policy_fit import check_holidays, check_policy_fit, check_reminders
from oncall.rosters.roster import DaysOff, Engineer, Manager, Roster, RotationRules, SharesRule, WeekendStyle
from oncall.rosters.staffing import check_staffing
from oncall.rosters.turn_fields import check_handover, checked_turn_groups, handover, turn_weeks
from oncall.support.holidays import CompanyDays
from oncall.support.phones import canonical_phone, same_phone
from oncall.support.policy import Policy
from oncall.support.value_readers import Once, slug, slug_meant, time_zone
from oncall.support.windows import WindowKind
from oncall.support.zones import country_of, zone_named
from oncall.yamlfile import parse_yaml, read_yaml_text

_MOST_ROLES = 5
_OTHER_KEYS = {
    **dict.fromkeys(
        ("vacation", "vacations", "away", "absent", "absences", "days_off", "time_off", "pto"), "unavailable"
    ),
    **dict.fromkeys(("start", "starts", "start_date", "from", "since"), "joins"),
    **dict.fromkeys(("end", "ends", "end_date", "until"), "leaves"),
    **dict.fromkeys(("mobile", "cell", "tel", "number"), "phone"),
    **dict.fromkeys(("part_time", "percent", "workload", "weight"), "fte"),
}
"""Words that people use for the keys of an engineer, for suggestions."""
_MOST_KINDS = 50


def read_roster(path: Path, text: str | None = None) -> Roster:
    """Read a roster file and its policy: the file in the same folder that it names, or else the packaged policy.

    text: the content of the file; None to read it from `path`. Raises FileFaults with every fault of both files.
    """
    text = read_yaml_text(path) if text is None else text
    return _read(text, str(path), partial(policy_beside, path), partial(plan_beside, path))


def roster_from_text(text: str, source: str, policy: Policy) -> Roster:
    """Read a roster from its text, with `policy` instead of the policy that the text names.

    source: the name of the roster in messages. Raises FileFaults with every fault.
    """
    return _read(text, source, lambda name, zone: policy, line_of_text)


def roster_with_policy(text: str, source: str, policy_of: PolicyOf) -> Roster:
    """Read a roster from its text, with the policy that `policy_of` finds. source: the name of the roster in messages.

    Raises FileFaults with every fault.
    """
    return _read(text, source, policy_of, line_of_text)


PolicyOf = Callable[[Slot[str | None], Slot[ZoneInfo]], Policy]
"""Finds the policy for the values of the roster's keys `policy` and `timezone`. Raises AtFault or FileFaults."""


def _read(text: str, source: str, policy_of: PolicyOf, busy_plan: Reader[str]) -> Roster:
    faults = Faults(source)
    root = parse_yaml(text, faults)
    try:
        roster = _RosterReader(root, faults, policy_of, busy_plan).read()
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return replace(roster, text=text)


class _RosterReader:
    """Reads one roster, and remembers the values that later parts are checked against: zone, roles, ids and phones."""

    def __init__(self, root: Node, faults: Faults, policy_of: PolicyOf, busy_plan: Reader[str]) -> None:
        self._root = root
        self._faults = faults
        self._policy_of = policy_of
        self._busy_plan = busy_plan
        # Placeholders: the file sets both before the first engineer is read. A fault there refuses the whole file.
        self._zone = ZoneInfo("UTC")
        self._holidays: CompanyDays | None = None
        self._roles: tuple[str, ...] | None = None
        # The names that an engineer's roles are checked against, even if the list of roles has a fault.
        self._role_names: tuple[str, ...] | None = None
        self._kinds = KindWords(None)
        self._named = PeopleRules()
        self._max_shifts: list[tuple[str, int]] = []
        self._ids = Once("id")
        self._phones = Once("phone")
        self._phone_of: dict[str, str] = {}
        self._engineers: dict[str, tuple[Engineer, Node]] = {}

    def read(self) -> Roster:
        """Return the roster. If there are faults, raises AtFault or only records them; the caller must check."""
        fields = Fields(self._root)
        team = fields.required("team", line_of_text, example="my-team")
        zone = fields.required("timezone", time_zone, example="America/New_York")
        self._zone = zone.value if zone.is_good else self._zone
        policy_name = fields.optional("policy", line_of_text, None)
        holidays = fields.optional("holidays", company_days, None)
        busy = fields.optional("busy", list_of(self._busy_plan), ())
        self._holidays = holidays.value if holidays.is_good else None
        policy = self._policy(policy_name, zone)
        self._kinds = KindWords(policy.value.kinds if policy.is_good else None)
        rules = self._rules(fields)
        engineers = fields.required("engineers", list_of(self._engineer), example="[{id: ana, name: ..., phone: ...}]")
        manager = fields.optional("manager", self._manager, None)
        fields.close()
        if engineers.is_good and self._roles is not None:
            check_staffing(engineers.value, self._roles, _staffed_kinds(policy, holidays), engineers.place)
        groups = checked_turn_groups(self._root, rules, engineers, _staffed_kinds(policy, holidays))
        names = {each.id: each.name for each, _ in self._engineers.values()}
        self._named.check({person: names.get(person, "") for person in self._ids.claimed})
        check_pairs(self._named)
        if holidays.value is None and rules.is_good and rules.value.holidays_apart > 1:
            place = descend(self._root, "rotation", "holidays_apart")
            place.note("needs to know the holidays; write holidays: US, or another place, at the top of the file")
        if policy.is_good and self._roles is not None:
            has_manager = manager.is_given or not manager.is_good
            check_policy_fit(policy.value, self._roles, has_manager=has_manager, root=self._root)
        if policy.is_good:
            check_reminders(policy.value, self._ids.claimed, self._root)
            check_holidays(policy.value, rules.value if rules.is_good else None, self._root)
        times = SeatTimes(
            policy.value if policy.is_good else None, rules.value if rules.is_good else None, self._zone, self._holidays
        )
        check_seats(self._named, self._engineers, times)
        return Roster(
            team=team.value,
            zone=zone.value,
            policy=policy.value,
            rules=replace(rules.value, max_shifts=tuple(self._max_shifts), turn_groups=groups),
            engineers=engineers.value,
            manager=manager.value,
            holidays=holidays.value,
            busy=busy.value,
            source=self._faults.file,
            lines=lines_of(self._root),
            warnings=(*self._faults.warnings, *policy.value.warnings),
        )

    def _rules(self, fields: Fields) -> Slot[RotationRules]:
        rules = fields.optional("rotation", self._rotation, RotationRules())
        if not rules.is_given:
            self._roles = self._role_names = rules.value.roles
        return rules

    def _rotation(self, node: Node) -> RotationRules:
        default = RotationRules()
        fields = Fields(node)
        roles = fields.optional("roles", distinct_list_of(role_name, least=1, most=_MOST_ROLES), default.roles)
        self._roles = roles.value if roles.is_good else None
        written = words_in(roles.place)
        self._role_names = self._roles or (written and tuple(dict.fromkeys(map(slug_meant, written))))
        weekend = fields.optional("weekend", one_of(list(WeekendStyle), "a way to cut weekends"), default.weekend)
        rest_nights = fields.optional("rest_nights", whole_number(0, 14), default.rest_nights)
        weekends_apart = fields.optional("weekends_apart", whole_number(1, 12), default.weekends_apart)
        per_week = fields.optional("max_shifts_per_week", whole_number(1, 7), default.max_shifts_per_week)
        per_month = fields.optional("max_shifts_per_month", whole_number(1, 31), default.max_shifts_per_month)
        weight = fields.optional("requests_weight", whole_number(0, 1000), default.requests_weight)
        apart = fields.optional("holidays_apart", whole_number(1, 10), default.holidays_apart)
        seat = partial(self._named.fixed_seat, self._role_names, self._kinds)
        fixed = fields.optional("fixed", list_of(seat), default.fixed)
        never = fields.optional("never_together", self._named.never_pairs, default.never_together)
        prefer = fields.optional("prefer_together", self._named.preferred_pairs, default.prefer_together)
        days_off = fields.optional("days_off", one_of(list(DaysOff), "a rule for days off"), default.days_off)
        shares = fields.optional("shares", one_of(list(SharesRule), "a rule for shares"), default.shares)
        points = fields.optional("points", partial(points_of, self._kinds), None)
        rest_hours = fields.optional("min_rest_hours", whole_number(0, 336), default.min_rest_hours)
        hours = fields.optional("max_hours_per_week", whole_number(1, 168), default.max_hours_per_week)
        turn = fields.optional("turn", turn_weeks, default.turn_weeks)
        at = fields.optional("handover", handover, default.handover)
        fields.close()
        check_handover(turn, at)
        return RotationRules(
            roles=roles.value,
            weekend=WeekendStyle(weekend.value),
            rest_nights=rest_nights.value,
            weekends_apart=weekends_apart.value,
            max_shifts_per_week=per_week.value,
            max_shifts_per_month=per_month.value,
            requests_weight=weight.value,
            holidays_apart=apart.value,
            fixed=fixed.value,
            never_together=never.value,
            prefer_together=prefer.value,
            min_rest_hours=rest_hours.value,
            max_hours_per_week=hours.value,
            turn_weeks=turn.value,
            handover=at.value,
            days_off=DaysOff(days_off.value),
            shares=SharesRule(shares.value),
            points=points.value,
        )

    def _engineer(self, node: Node) -> Engineer:
        fields = Fields(node, also=_OTHER_KEYS)
        person = fields.required("id", self._ids.read(person_id), example="ana")
        name = fields.required("name", line_of_text, example="Ana Pereira")
        phone = fields.required("phone", self._phone_reader(node), example='"+13055550101"')
        email = fields.optional("email", email_address, None)
        zone = fields.optional("timezone", time_zone, self._zone)
        fte = fields.optional("fte", load_share, 1.0)
        roles = fields.optional("roles", self._own_roles, self._role_names or ())
        joins = fields.optional("joins", moment, Moment())
        leaves = fields.optional("leaves", moment, Moment())
        off = fields.optional("unavailable", absences, ())
        wishes = fields.optional("requests", partial(requests, self._kinds), ())
        shadows = fields.optional("shadows", one_or_many(shadowing), ())
        kinds = fields.optional("kinds", distinct_list_of(self._kinds.read, least=1, most=_MOST_KINDS), None)
        holidays = fields.optional("holidays", company_days, None)
        holidays_off = fields.optional("holidays_off", true_or_false, False)
        most = fields.optional("max_shifts", whole_number(0, 1000), None)
        fields.close()
        if person.is_good and most.is_good and most.value is not None:
            self._max_shifts.append((person.value, most.value))
        off = with_holidays_off(off, holidays, holidays_off)
        check_order(joins, leaves, "joins")
        if wishes.is_good:
            check_requests(wishes.value, wishes.place)
        if person.is_good and phone.is_good:
            self._phone_of[person.value] = phone.value
        engineer = Engineer(
            id=person.value,
            name=name.value,
            phone=phone.value,
            roles=roles.value,
            zone=zone.value,
            email=email.value,
            fte=fte.value,
            joins=joins.value.day,
            leaves=leaves.value.day,
            absences=off.value,
            requests=wishes.value,
            shadows=shadows.value,
            joins_at=joins.value.at,
            leaves_at=leaves.value.at,
            kinds=kinds.value,
            holidays=None if holidays_off.value else holidays.value,
        )
        self._engineers[engineer.id] = engineer, node
        return engineer

    def _phone_reader(self, engineer: Node) -> Reader[str]:
        """Return a reader for this engineer's phone number. It records a fault if another engineer has the number."""

        def read(node: Node) -> str:
            number = phone_number(node, lambda: self._region(descend(engineer, "timezone")))
            self._phones.claim(canonical_phone(number), node, owner=engineer.path)
            return number

        return read

    def _region(self, own_zone: Node | None = None) -> str:
        """Return the country code whose form an incomplete phone number probably has.

        own_zone: an engineer's time zone in the file, whose country comes first; the team's follows.
        """
        own = zone_named(own_zone.text) if isinstance(own_zone, ScalarNode) else None
        codes = self._holidays.codes if self._holidays is not None else ()
        holidays = codes[0].partition("-")[0] if codes else ""
        team = holidays if len(holidays) == 2 else country_of(self._zone)
        return (own and country_of(own)) or team or "US"

    def _own_roles(self, node: Node) -> tuple[str, ...]:
        """Read an engineer's roles, and return them in the roster's order.

        Any name is accepted if the roster's list of roles has a fault.
        """
        known = self._role_names
        read = slug if known is None else one_of(known, "a role of this roster")
        own = distinct_list_of(read, least=1, most=_MOST_ROLES)(node)
        return own if known is None else tuple(role for role in known if role in own)

    def _manager(self, node: Node) -> Manager:
        fields = Fields(node)
        person = fields.required("id", person_id, example="mei")
        name = fields.required("name", line_of_text, example="Mei Lin")
        phone = fields.required("phone", partial(phone_number, region_of=self._region), example='"+13055550100"')
        email = fields.optional("email", email_address, None)
        fields.close()
        self._check_same_person(person.value, phone)
        return Manager(id=person.value, name=name.value, phone=phone.value, email=email.value)

    def _check_same_person(self, person: str, phone: Slot[str]) -> None:
        """Record a fault if the manager has the id but not the phone of an engineer, or the phone but not the id."""
        if person not in self._phone_of:
            self._phones.claim(canonical_phone(phone.value), phone.place, owner="manager")
        elif phone.is_good and not same_phone(self._phone_of[person], phone.value):
            phone.place.note(f"differs from the phone of the engineer {shown(person)}; one id is one person")

    def _policy(self, name: Slot[str | None], zone: Slot[ZoneInfo]) -> Slot[Policy]:
        try:
            policy = self._policy_of(name, zone)
        except AtFault:
            return Slot(name.place, name.is_given, ())
        except FileFaults as refusal:
            self._faults.take_over(refusal)
            return Slot(name.place, name.is_given, ())
        return Slot(name.place, name.is_given, (policy,))


def _staffed_kinds(policy: Slot[Policy], holidays: Slot[CompanyDays | None]) -> Sequence[str]:
    """Return the kinds of shift that a team staffs; none if the policy has faults.

    Holiday shifts exist only if the policy has business hours and the roster has holidays.
    """
    if not policy.is_good:
        return ()
    has_hours = any(span.kind is WindowKind.BUSINESS for span in policy.value.spans)
    has_holidays = has_hours and holidays.is_given
    return [kind for kind in policy.value.kinds if has_holidays or kind is not WindowKind.HOLIDAY]
