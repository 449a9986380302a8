"""Tiny teams drawn at random, as the words of their files: up to four engineers and about eight shifts.

A team is kept as plain data (`TeamFile`). The planner reads it as files, and `every_small_plan` judges the same data
with code of its own, so that a fault in the reading of a file is found, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Balance, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import WindowKind

NAMES = ("ana", "ben", "cai", "dee")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STARTS = (date(2027, 1, 4), date(2027, 3, 8), date(2027, 11, 1), date(2026, 12, 21))
"""A plain week, both changes of New York's clocks, and the holidays of the end of the year."""
ZONES = ("America/New_York", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")

OFFICE = "mon-fri 08:00-19:00"
POLICIES: dict[str, dict[str, Any]] = {
    "packaged": {
        "business_hours": OFFICE,
        "on_call": {"weeknight": "mon-thu 19:01-07:59", "weekend": "fri 19:01 - mon 07:59", "holiday": {}},
    },
    "own names": {
        "business_hours": OFFICE,
        "on_call": {
            "night": "mon-thu 19:01-07:59",
            "long": "fri 19:01 - mon 07:59",
            "holiday": {"name": "Bank holiday"},
        },
    },
    "around the clock": {
        "on_call": {"apac": "mon-sun 00:00-07:59", "emea": "mon-sun 08:00-15:59", "amer": "mon-sun 16:00-23:59"},
    },
    "two days": {
        "business_hours": "mon-fri 00:00-23:59",
        "on_call": {
            "early": {"hours": "sat 00:00-23:59", "weekend": True},
            "late": "sun 00:00-23:59",
            "holiday": {},
        },
    },
    "weekends": {
        "business_hours": "mon-fri 00:00-23:59",
        "on_call": {"weekend": "sat 00:00 - sun 23:59", "holiday": {}},
    },
}
"""The weekly windows of each policy: on call around the clock, in the nights, or on few days, under any names."""
_PROMISE = {
    "coverage": "24x7",
    "first_reply": "60m calendar",
    "next_reply": "2h calendar",
    "periodic_update": "4h calendar",
}


@dataclass
class TeamFile:
    """A drawn team. engineers, rotation: as in a roster file. first_day, days: the plan's dates.

    balances: by engineer and kind, in thousandths. has_history: True if the engineers had the shifts of the week
    before.
    """

    windows: str
    zone: str
    policy_zone: str
    first_day: date
    days: int
    engineers: list[dict[str, Any]]
    rotation: dict[str, Any]
    holidays: list[Any] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    has_history: bool = False

    @property
    def kinds(self) -> list[str]:
        """Return the names of the policy's windows."""
        return list(POLICIES[self.windows]["on_call"])

    def read(self, folder: Path) -> tuple[Roster, tuple[Shift, ...]]:
        """Write the files, and return the roster that the product reads, and its shifts."""
        roster: dict[str, Any] = {"team": "tiny", "timezone": self.zone, "policy": "own.policy.yaml"}
        policy = {
            "name": "own",
            "timezone": self.policy_zone,
            **POLICIES[self.windows],
            "impacts": {"urgent": {"definition": "Down.", "pages": True}},
            "plans": {"standard": {"short_name": "STD", "promises": {"urgent": _PROMISE}}},
            "escalation": {
                "desk_after": "15m",
                "repeat_every": "30m",
                "steps": [{"notify": "primary", "channel": "sms", "after": "0m"}],
            },
        }
        if self.holidays:
            roster["holidays"] = self.holidays
        roster |= {"rotation": self.rotation, "engineers": self.engineers}
        (folder / "own.policy.yaml").write_text(json.dumps(policy), encoding="utf-8")
        (folder / "roster.yaml").write_text(json.dumps(roster), encoding="utf-8")
        found = read_roster(folder / "roster.yaml")
        calendar = calendar_of(found.policy, found.holidays)
        last_day = self.first_day + timedelta(days=self.days - 1)
        return found, shifts_between(calendar, first_day=self.first_day, last_day=last_day, rules=found.rules)

    def context(self, roster: Roster, shifts: Sequence[Shift]) -> PlanningContext:
        """Return the planning context: the balances, and the shifts of the week before, which all take in turn."""
        if not self.has_history:
            return PlanningContext(balances=self._balances())
        calendar = calendar_of(roster.policy, roster.holidays)
        first_day, last_day = self.first_day - timedelta(days=7), self.first_day - timedelta(days=1)
        earlier = shifts_between(calendar, first_day=first_day, last_day=last_day, rules=roster.rules)
        ended = [shift for shift in earlier if shift.window.end <= shifts[0].window.start]
        people = cycle([each["id"] for each in self.engineers])
        seats = [Seat(s.window, s.kind, role, next(people)) for s in ended for role in self.rotation["roles"]]
        return PlanningContext(tuple(seats), (), self._balances())

    def _balances(self) -> tuple[Balance, ...]:
        return tuple(Balance(who, WindowKind(kind), number) for (who, kind), number in self.balances.items())


def drawn_team(seed: int, rule: str) -> TeamFile:
    """Return a team that has this rule for certain, and perhaps a few others."""
    draw = Random(f"{rule} {seed}")
    team = _plain_team(draw)
    for name in RULES:
        if name == rule or draw.random() < (0.3 if rule == "all together" else 0.1):
            RULES[name](draw, team)
    return team


def _plain_team(draw: Random) -> TeamFile:
    zone = draw.choice(ZONES)
    roles = draw.choice([["primary"], ["primary", "secondary"]])
    engineers = [
        {"id": name, "name": name.title(), "phone": f"+1305555010{number}", "fte": draw.choice([1.0, 1.0, 0.5, 0.8])}
        for number, name in enumerate(NAMES[: draw.choice([2, 3, 4, 4] if len(roles) == 1 else [3, 4, 4])])
    ]
    rotation = {
        "roles": roles,
        "rest_nights": draw.choice([0, 0, 1]),
        "weekends_apart": draw.choice([1, 1, 2]),
        "weekend": draw.choice(["block", "block", "daily"]),
    }
    return TeamFile("packaged", zone, zone, draw.choice(STARTS), draw.choice([7, 9, 10]), engineers, rotation)


def _day(draw: Random, team: TeamFile) -> date:
    return team.first_day + timedelta(days=draw.randint(-1, team.days))


def _some(draw: Random, team: TeamFile) -> list[dict[str, Any]]:
    """Return one engineer or more."""
    return draw.sample(team.engineers, draw.randint(1, len(team.engineers)))


def _days_off(draw: Random, team: TeamFile) -> None:
    team.rotation["days_off"] = draw.choice(["whole", "evenings"])
    for each in _some(draw, team):
        first = _day(draw, team)
        entry = {"from": str(first), "to": str(first + timedelta(days=draw.choice([0, 0, 1, 3])))}
        each.setdefault("unavailable", []).append(entry | ({"leave": True} if draw.random() < 0.4 else {}))


def _weekly_day_off(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team)[:2]:
        entry: dict[str, Any] = {"every": f"{draw.choice(WEEKDAYS)}s"}
        if draw.random() < 0.5:
            entry["from"] = str(_day(draw, team))
        each.setdefault("unavailable", []).append(entry)


def _time(draw: Random) -> str:
    return draw.choice(["00:00", "07:59", "08:00", "12:00", "18:00", "19:01", "20:00"])


def _times(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team):
        day = _day(draw, team)
        what = draw.choice(["from", "both", "to", "joins", "leaves"])
        if what in ("joins", "leaves"):
            late = _time(draw)
            each[what] = str(day) if draw.random() < 0.3 else f"{day}T{'08:00' if late == '00:00' else late}"
            continue
        first = str(day) if what == "to" else f"{day}T{_time(draw)}"
        end = day + timedelta(days=draw.choice([1, 1, 2]))
        last = str(end) if what == "from" else f"{end}T{'12:00' if what == 'to' else _time(draw)}"
        each.setdefault("unavailable", []).append({"from": first, "to": last})


def _kinds(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team):
        each["kinds"] = sorted(draw.sample(team.kinds, draw.randint(1, len(team.kinds))))


def _hours(draw: Random, team: TeamFile) -> None:
    team.rotation["max_hours_per_week"] = draw.choice([24, 40, 62, 70, 74, 90, 100, 130])


def _most(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team):
        each["max_shifts"] = draw.randint(1, 4)


def _rest_hours(draw: Random, team: TeamFile) -> None:
    team.rotation["min_rest_hours"] = draw.choice([8, 11, 12, 24, 36, 60])


def _turn(draw: Random, team: TeamFile) -> None:
    team.rotation["turn"] = draw.choice(["week", "week", "2 weeks"])
    handover = draw.choice([None, "fri", "mon 08:00", "wed 12:00", "sat", "thu"])
    if handover is not None:
        team.rotation["handover"] = handover
    team.days = draw.choice([14, 21, 28, 35])


def _shares(draw: Random, team: TeamFile) -> None:
    team.rotation |= {"shares": draw.choice(["by_total", "by_role"]), "roles": ["primary", "secondary"]}
    for each in team.engineers:
        if draw.random() < 0.5:
            each["roles"] = [draw.choice(["primary", "secondary", "secondary"])]


def _holidays(draw: Random, team: TeamFile) -> None:
    team.holidays = [{"date": str(_day(draw, team)), "name": f"Day {n}"} for n in range(draw.choice([1, 1, 2]))]
    days = {each["date"]: each for each in team.holidays}
    team.holidays = list(days.values())


def _own_holidays(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team):
        each["holidays"] = [{"date": str(_day(draw, team)), "name": "Feast"}]
        if draw.random() < 0.5:
            each["holidays_off"] = True


def _points(draw: Random, team: TeamFile) -> None:
    weights = {kind: draw.choice([0.5, 1, 2, 4]) for kind in team.kinds if draw.random() < 0.8}
    team.rotation["points"] = draw.choice(["hours", weights or {team.kinds[0]: 4}])


def _four_weeks(draw: Random, team: TeamFile) -> None:
    if "turn" not in team.rotation:
        _windows(draw, team, draw.choice(["weekends", "weekends", "two days"]))
        team.rotation["weekend"] = "block"
    team.days = draw.choice([28, 35, 42, 49, 56])


def _requests(draw: Random, team: TeamFile) -> None:
    for each in _some(draw, team):
        for _ in range(draw.randint(1, 2)):
            what = draw.choice([str(_day(draw, team)), f"{draw.choice(WEEKDAYS)}s", draw.choice(team.kinds)])
            if all(what not in other.values() for other in each.get("requests", ())):
                each.setdefault("requests", []).append({draw.choice(["avoid", "avoid", "prefer"]): what})


def _windows(draw: Random, team: TeamFile, name: str | None = None) -> None:
    """Change the policy, and drop what names the kinds of the policy before."""
    team.windows = name or draw.choice(list(POLICIES))
    for each in team.engineers:
        each.pop("kinds", None)
        each.pop("requests", None)
    team.rotation.pop("points", None)
    team.balances = {}
    if team.windows == "around the clock" and "turn" not in team.rotation:
        team.days = draw.choice([2, 3])
    if draw.random() < 0.2:
        team.policy_zone = "America/New_York"


def _balances(draw: Random, team: TeamFile) -> None:
    for kind in team.kinds:
        one, other = draw.sample([each["id"] for each in team.engineers], 2)
        surplus = draw.choice([500, 1000, 1333, 2000])
        team.balances |= {(one, kind): surplus, (other, kind): -surplus}


def _history(draw: Random, team: TeamFile) -> None:
    team.has_history = "turn" not in team.rotation


RULES: dict[str, Callable[[Random, TeamFile], None]] = {
    "turns": _turn,
    "free names": _windows,
    "clumps": _four_weeks,
    "days off": _days_off,
    "a weekly day off": _weekly_day_off,
    "times": _times,
    "kinds": _kinds,
    "max_hours_per_week": _hours,
    "max_shifts": _most,
    "min_rest_hours": _rest_hours,
    "shares": _shares,
    "holidays": _holidays,
    "an engineer's holidays": _own_holidays,
    "points": _points,
    "requests": _requests,
    "balances": _balances,
    "history": _history,
}
"""Adds a rule to a team. Those that change the dates or the windows come first."""
