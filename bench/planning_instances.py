"""Teams to plan for in the planner's bench. Each is drawn from a seed, so every machine measures the same ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.rosters.roster import (
    Absence,
    DaysOff,
    Engineer,
    Handover,
    Points,
    Request,
    RequestDirection,
    Roster,
    RotationRules,
    SharesRule,
)
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.holidays import public_holidays
from oncall.support.policy_file import packaged_policy, read_policy

FIRST_DAY = date(2027, 1, 4)
ZONE = ZoneInfo("America/New_York")
FOLLOW_THE_SUN = Path(__file__).parents[1] / "rosters" / "follow-the-sun.policy.yaml"
REGIONS = ("apac", "emea", "amer")


@dataclass(frozen=True, slots=True)
class Instance:
    """One team to plan for.

    days_off: single days off of each engineer a year. vacations: their weeks of vacation a year. juniors: engineers who
    take only the secondary role. part_time: engineers who work half. joiners: engineers who join half-way; as many
    leave then. requests: dates that each engineer asks to avoid. pairs: pairs of engineers who prefer to work together.
    all_away: two thirds of the team are away in one week. blocks: what a day off blocks. shares: how shares are made.
    turn_weeks: the weeks of a turn, from Friday to Friday. regions: the team follows the sun in three regions, and each
    engineer takes the shifts of one. points: a weekend counts as much as four nights. max_hours: in any seven days.
    """

    name: str
    people: int
    weeks: int
    seed: int = 0
    days_off: int = 10
    vacations: int = 4
    juniors: int = 0
    holidays: str | None = None
    rest_nights: int = 2
    part_time: int = 0
    joiners: int = 0
    requests: int = 0
    pairs: int = 0
    all_away: bool = False
    blocks: DaysOff = DaysOff.EVENINGS
    shares: SharesRule = SharesRule.BY_TOTAL
    turn_weeks: int = 0
    regions: bool = False
    points: bool = False
    max_hours: int | None = None

    def roster(self) -> Roster:
        """Return the team, always the same for the same instance."""
        draw = random.Random(self.seed)
        people = tuple(self._person(number, draw) for number in range(self.people))
        pairs = tuple((f"p{2 * number:03}", f"p{2 * number + 1:03}") for number in range(self.pairs))
        rules = RotationRules(
            rest_nights=self.rest_nights,
            prefer_together=pairs,
            days_off=self.blocks,
            shares=self.shares,
            turn_weeks=self.turn_weeks,
            handover=Handover(4) if self.turn_weeks else None,
            points=Points((("weekend", Fraction(4)),)) if self.points else None,
            max_hours_per_week=self.max_hours,
        )
        policy = read_policy(FOLLOW_THE_SUN) if self.regions else packaged_policy(ZONE)
        places = public_holidays(self.holidays) if self.holidays else None
        return Roster("bench", ZONE, policy, rules, people, None, holidays=places)

    def _person(self, number: int, draw: random.Random) -> Engineer:
        lengths = [1] * round(self.days_off * self.weeks / 52) + [5] * round(self.vacations * self.weeks / 52)
        absences = []
        for length in lengths:
            # A vacation begins on a Monday, so that it includes no weekend.
            offset = draw.randrange(self.weeks) * 7 + (0 if length == 5 else draw.randrange(7))
            first = FIRST_DAY + timedelta(days=offset)
            absences.append(Absence(first, first + timedelta(days=length - 1)))
        if self.all_away and number >= self.people // 3:
            absences.append(Absence(FIRST_DAY + timedelta(weeks=20), FIRST_DAY + timedelta(weeks=21, days=-1)))
        roles = ("secondary",) if number < self.juniors else ("primary", "secondary")
        half_way = FIRST_DAY + timedelta(weeks=self.weeks // 2)
        days = [FIRST_DAY + timedelta(days=draw.randrange(self.weeks * 7)) for _ in range(self.requests)]
        return Engineer(
            f"p{number:03}",
            "",
            "",
            roles,
            ZONE,
            fte=0.5 if number < self.part_time else 1.0,
            joins=half_way if number < self.joiners else None,
            leaves=half_way if self.joiners <= number < 2 * self.joiners else None,
            absences=tuple(absences),
            requests=tuple(Request(RequestDirection.AVOID, day=day) for day in days),
            kinds=(REGIONS[number % len(REGIONS)],) if self.regions else None,
        )

    def shifts(self, roster: Roster) -> tuple[Shift, ...]:
        """Return the shifts of its weeks."""
        calendar = calendar_of(roster.policy, roster.holidays)
        last_day = FIRST_DAY + timedelta(weeks=self.weeks, days=-1)
        return shifts_between(calendar, first_day=FIRST_DAY, last_day=last_day, rules=roster.rules)


INSTANCES = (
    Instance("8 x 13", 8, 13, days_off=6, vacations=2),
    Instance("12 x 26", 12, 26),
    Instance("12 x 52, seed 0", 12, 52),
    Instance("12 x 52, seed 1", 12, 52, seed=1),
    Instance("12 x 52, seed 2", 12, 52, seed=2),
    Instance("12 x 52, requests", 12, 52, requests=10),
    Instance("12 x 52, pairs", 12, 52, pairs=3),
    Instance("12 x 52, requests, pairs", 12, 52, requests=10, pairs=3),
    Instance("12 x 52, 3 juniors", 12, 52, juniors=3, shares=SharesRule.BY_ROLE),
    Instance("12 x 52, 4 part-time", 12, 52, part_time=4),
    Instance("12 x 52, join/leave", 12, 52, joiners=2),
    Instance("12 x 52, US holidays", 12, 52, holidays="US"),
    Instance("20 x 52", 20, 52),
    Instance("6 x 26, rest 1", 6, 26, rest_nights=1),
    Instance("6 x 26, rest 2", 6, 26, days_off=8, vacations=0),
    Instance("50 x 52", 50, 52),
    Instance("100 x 52", 100, 52),
)
TOO_FEW_FOR_WHOLE_DAYS = ("6 x 26, rest 1", "6 x 26, rest 2")
"""Teams that have no plan if their days off block whole days."""
WITH_WHOLE_DAYS = (
    *(
        replace(each, name=f"{each.name}, whole", blocks=DaysOff.WHOLE)
        for each in INSTANCES
        if each.name not in TOO_FEW_FOR_WHOLE_DAYS
    ),
    Instance("6 x 26, rest 1, 3 days off, whole", 6, 26, days_off=6, vacations=0, rest_nights=1, blocks=DaysOff.WHOLE),
    Instance("6 x 26, rest 2, 1 day off, whole", 6, 26, days_off=2, vacations=0, blocks=DaysOff.WHOLE),
)
"""The same teams with days off that block every minute of their dates; small ones with fewer days off."""
LATER = (
    Instance("4 + 3 x 13, juniors", 7, 13, days_off=4, vacations=0, juniors=3),
    Instance("12 x 52, 3 juniors, total", 12, 52, juniors=3),
    Instance("200 x 52", 200, 52),
    Instance("12 x 52, points", 12, 52, points=True, blocks=DaysOff.WHOLE),
    Instance("50 x 52, points", 50, 52, points=True, blocks=DaysOff.WHOLE),
    Instance("12 x 52, weekly turns", 12, 52, turn_weeks=1, blocks=DaysOff.WHOLE),
    Instance("3 x 6 x 26, sun", 18, 26, rest_nights=1, regions=True, blocks=DaysOff.WHOLE),
    Instance(
        "7 x 8, 80 hours",
        7,
        8,
        seed=2,
        days_off=13,
        vacations=0,
        part_time=2,
        juniors=2,
        rest_nights=1,
        blocks=DaysOff.WHOLE,
        max_hours=80,
    ),
)
"""Teams that came later."""
INFEASIBLE = Instance("12 x 52, 8 away a week", 12, 52, all_away=True)
