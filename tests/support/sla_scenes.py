"""Random weeks with difficult dates (clock changes, leap days, holidays, a new policy), once in the product's terms and
once in the oracle's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from oncall.support.calendar import SupportCalendar
from oncall.support.clocks import PolicyTerms, SlaEvent, SlaEventKind, carried
from oncall.support.holidays import HolidayCalendar, public_holidays
from oncall.support.policy import (
    Counting,
    Coverage,
    Escalation,
    Impact,
    Metric,
    Policy,
    Promise,
    SupportPlan,
    Target,
)
from oncall.support.windows import WeekSpan, WindowKind
from tests.support.sla_oracle import METRICS, Book, Hours, Rule, Said, readings, rows_of

LENGTH = 21 * 1440
"""Minutes of a scene: behind the last deadline of the longest target."""

ZONES = (
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Pacific/Auckland",
)
IMPACTS = ("urgent", "high", "low")
DAY = 1440


@dataclass(frozen=True)
class Scene:
    """Three weeks in one zone under two versions of the policy."""

    start: datetime
    terms: tuple[PolicyTerms, PolicyTerms]
    books: tuple[Book, Book]


def scenes(random: Random, count: int) -> Iterator[Scene]:
    """Draw this many scenes."""
    for _ in range(count):
        zone = ZoneInfo(random.choice(ZONES))
        start = _interesting_start(random, zone)
        shown = readings(zone, start, LENGTH)
        versions = [_version(random, zone, shown, number) for number in (0, 1)]
        yield Scene(start, (versions[0][0], versions[1][0]), (versions[0][1], versions[1][1]))


def _interesting_start(random: Random, zone: ZoneInfo) -> datetime:
    """Draw a midnight (UTC) up to four days before a clock change, a leap day, a new year, or any day."""
    year = random.randrange(2024, 2033)
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    kind = random.random()
    if kind < 0.5:
        changes = [a for a, b in pairwise(days) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]
        day = random.choice(changes or days)
    elif kind < 0.65:
        day = datetime(random.choice((2024, 2028, 2032)), 2, 29, tzinfo=UTC)
    elif kind < 0.75:
        day = datetime(year, 12, 31, tzinfo=UTC)
    else:
        day = random.choice(days)
    return day - timedelta(days=random.randrange(4))


def _version(random: Random, zone: ZoneInfo, shown: list[datetime], number: int) -> tuple[PolicyTerms, Book]:
    first_day = random.randrange(2)
    hours = Hours(
        days=tuple(range(first_day, random.randrange(4, 7))),
        opens=random.choice((0, 90, 480, 540, 607)),
        closes=random.choice((1020, 1141, 1320, 1439)),
        holidays=frozenset(_holidays(random, shown)),
    )
    rules = {impact: _rule(random, impact) for impact in IMPACTS}
    others = {impact: _rule(random, impact, pauses=rule.pauses) for impact, rule in rules.items()}
    terms = PolicyTerms(_policy(zone, hours, rules, others), _calendar(zone, hours), number)
    return terms, Book(rules, rows_of(hours, shown), others)


def _holidays(random: Random, shown: list[datetime]) -> set[date]:
    return {random.choice(shown).date() for _ in range(random.randrange(4))}


def _rule(random: Random, impact: str, *, pauses: bool | None = None) -> Rule:
    coverage = random.choice(("24x7", "24x5", "business"))
    targets = {metric: (4 * random.randrange(2, 180), random.random() < 0.6) for metric in METRICS}
    return Rule(coverage, impact != "low", random.random() < 0.6 if pauses is None else pauses, targets)


def _calendar(zone: ZoneInfo, hours: Hours) -> SupportCalendar:
    years = {day.year for day in hours.holidays}
    known = {year: frozenset(day for day in hours.holidays if day.year == year) for year in years}
    nothing: frozenset[date] = frozenset()
    every_year = {year: known.get(year, nothing) for year in range(2020, 2037)}
    return SupportCalendar(zone, _spans(hours), HolidayCalendar(public_holidays("XX"), every_year))


def _spans(hours: Hours) -> tuple[WeekSpan, ...]:
    spans = []
    for day, following in zip(hours.days, (*hours.days[1:], hours.days[0] + 7), strict=True):
        opens, closes = day * DAY + hours.opens, day * DAY + hours.closes
        kind = WindowKind.WEEKEND if following >= 7 else WindowKind.WEEKNIGHT
        spans.append(WeekSpan(WindowKind.BUSINESS, opens, closes))
        spans.append(WeekSpan(kind, closes, following * DAY + hours.opens))
    return tuple(spans)


def _policy(zone: ZoneInfo, hours: Hours, rules: dict[str, Rule], others: dict[str, Rule]) -> Policy:
    impacts = {name: Impact(name, name, rule.pages, pause_while_waiting=rule.pauses) for name, rule in rules.items()}
    escalation = Escalation((), timedelta(minutes=30), timedelta(minutes=15))
    plans = {"std": SupportPlan("std", "STD", _promises(rules)), "other": SupportPlan("other", "O", _promises(others))}
    return Policy("random", zone, _spans(hours), impacts, plans, escalation)


def _promises(rules: dict[str, Rule]) -> dict[str, Promise]:
    return {
        name: Promise(
            Coverage(rule.coverage),
            {
                Metric(metric): Target(timedelta(minutes=within), Counting.COVERAGE if only else Counting.CALENDAR)
                for metric, (within, only) in rule.targets.items()
            },
        )
        for name, rule in rules.items()
    }


_KINDS = (
    ("replied", 5), ("customer_replied", 6), ("updated", 3), ("waiting", 3), ("resolved", 2), ("reopened", 2),
    ("impact_changed", 4), ("judged", 2), ("merged", 1),
)  # fmt: skip


def random_events(random: Random) -> tuple[list[Said], int]:
    """Draw a ticket's life in its first five days, with repeats, late and early times, and duplicates that are merged
    into it; and an instant at which to look at it."""
    said, last = _life(random, random.randrange(60, 3 * DAY), "std")
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        merged_at = random.randrange(said[0].at, last + 400)
        opening = max(merged_at - random.randrange(DAY), 0)
        duplicate, _ = _life(random, opening, random.choice(("std", "other")))
        known = tuple(one for one in duplicate if one.at <= merged_at and one.kind != "merged")
        said.append(Said(merged_at, "absorbed", duplicate=known))
    return said, said[0].at + random.choice((0, random.randrange(300), random.randrange(5000)))


def _life(random: Random, opening: int, plan: str) -> tuple[list[Said], int]:
    """Return the events in the log's order, and the minute of the last."""
    book = random.choice((0, 0, 1))
    said = [Said(opening, "opened", random.choice(IMPACTS), book, plan=plan)]
    at = opening
    kinds, weights = zip(*_KINDS, strict=True)
    for number in range(random.randrange(10)):
        at += random.choice((0, 1, random.randrange(60), random.randrange(900)))
        kind = random.choices(kinds, weights)[0]
        moment = max(at - random.randrange(1, 200), 0) if random.random() < 0.15 else at
        impact = random.choice(IMPACTS) if kind == "impact_changed" else None
        book = 1 if random.random() < 0.3 else book
        said_book = book if kind in ("impact_changed", "judged", "reopened") else None
        said.append(Said(moment, kind, impact, said_book, id=f"e{number}" if random.random() < 0.3 else None))
        if random.random() < 0.1 and said[-1].id is not None:
            said.append(said[-1])
    return said, at


def as_sla_events(scene: Scene, said: Sequence[Said]) -> list[SlaEvent]:
    """Return the same events in the product's terms."""
    return [_as_sla_event(scene, one) for one in said]


def _as_sla_event(scene: Scene, one: Said) -> SlaEvent:
    at = (scene.start + timedelta(minutes=one.at)).astimezone(UTC)
    return SlaEvent(
        at=at,
        kind=SlaEventKind(one.kind),
        impact=one.impact,
        terms=scene.terms[one.book] if one.book is not None else None,
        plan=one.plan if one.kind == "opened" else None,
        id=one.id,
        carried=carried(as_sla_events(scene, one.duplicate), at) if one.duplicate else (),
    )
