"""`oncall simulate`: months of tickets through the real pager on a simulated clock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.option_values import date_of
from oncall.cli.output import JSON_OPTION, print_json, print_table, say, tell
from oncall.errors import PlanInfeasible, Refused

if TYPE_CHECKING:
    from oncall.rehearsal.arrivals import Arrival
    from oncall.rehearsal.comparison import Comparison
    from oncall.rehearsal.responders import People
    from oncall.rehearsal.scenario import Scenario
    from oncall.rosters.roster import Roster
    from oncall.schedule.plan import Plan
    from oncall.support.windows import Window

MOST_WEEKS = 520
YEAR_OF_WEEKS = 52


def register(app: typer.Typer) -> None:
    """Add this command to the front door."""
    app.command("simulate")(simulate)


def simulate(
    roster: Path = typer.Option(..., "--roster", metavar="ROSTER", help="Today's roster."),
    policy: Path | None = typer.Option(
        None, "--policy", metavar="POLICY", help="Today's policy; the roster's own when absent."
    ),
    plan: Path | None = typer.Option(
        None, "--plan", metavar="PLAN", help="Today's plan; made from the roster when absent."
    ),
    against_roster: Path | None = typer.Option(
        None, "--against-roster", metavar="ROSTER", help="A proposed roster, to compare with today's."
    ),
    against_policy: Path | None = typer.Option(
        None, "--against-policy", metavar="POLICY", help="A proposed policy, to compare with today's."
    ),
    tickets: Path | None = typer.Option(
        None,
        "--tickets",
        metavar="FILE",
        help="A CSV file of tickets: at, customer, plan, impact, and optionally subject.",
    ),
    rate: str | None = typer.Option(
        None, "--rate", metavar="RATE", help="Instead of a file, random tickets: 10000/year, 200/week or 40/day."
    ),
    start: str | None = typer.Option(None, "--from", metavar="DATE", help="The first date; next Monday when absent."),
    weeks: int | None = typer.Option(
        None, "--weeks", metavar="N", min=1, max=MOST_WEEKS, help="How many weeks; 52 when absent."
    ),
    seed: int = typer.Option(
        0, "--seed", metavar="N", min=0, max=2**31 - 1, help="Another seed gives other tickets and other luck."
    ),
    missed: float = typer.Option(
        0.05, "--missed", metavar="SHARE", min=0, max=1, help="The share of pages that are missed by day."
    ),
    missed_at_night: float = typer.Option(
        0.2, "--missed-at-night", metavar="SHARE", min=0, max=1, help="The same share from 23:00 to 07:00."
    ),
    answer: float = typer.Option(
        2.0, "--answer", metavar="MINUTES", min=0, help="The median time until a page is acknowledged by day."
    ),
    answer_at_night: float = typer.Option(
        4.0, "--answer-at-night", metavar="MINUTES", min=0, help="The same time from 23:00 to 07:00."
    ),
    time_limit: float = typer.Option(
        20.0, "--time-limit", metavar="SECONDS", min=0.1, help="The time for each search for a plan."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Simulate months of tickets, and a proposed change.

    The tickets go through the real verdicts, pager and SLA clocks, on a simulated clock and with simulated people.
    Prints which targets would be met, and who would be paged and woken how often. A proposed roster or policy is shown
    beside today's. Times until an acknowledgement are lognormal; the work on a ticket does not depend on the policy.
    The same arguments give the same answer.

    CSV columns: at (ISO 8601; policy time without an offset), customer, plan, impact, and optionally subject.

    Examples: oncall simulate --roster rosters/itopia-cas.yaml --rate 10000/year --from 2027-01-04
    · oncall simulate --roster team.yaml --tickets last-year.csv --against-policy proposed.policy.yaml --json
    """
    if (tickets is None) == (rate is None):
        raise typer.BadParameter("name either --tickets FILE.csv or --rate 10000/year")
    wish = _Wish(roster, policy, plan, tickets, rate, start, weeks, seed, time_limit)
    show = _Rehearsal(wish, _people(missed, missed_at_night, answer, answer_at_night))
    found = show.compared(against_roster, against_policy)
    if json:
        span = {"from": show.first_day.isoformat(), "to": show.last_day.isoformat()}
        view = {"team": show.today.roster.team, **span, "seed": seed, **found.as_json()}
        print_json({**view, "policy_changes": show.changes} if show.changes else view)
    else:
        _print(show, found, seed)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for, as it was written."""

    roster: Path
    policy: Path | None
    plan: Path | None
    tickets: Path | None
    rate: str | None
    start: str | None
    weeks: int | None
    seed: int
    time_limit: float


def _people(missed: float, missed_at_night: float, answer: float, answer_at_night: float) -> People:
    from oncall.rehearsal.responders import Answering, Delay, People

    by_day = Answering(Delay(timedelta(minutes=answer)), missed)
    at_night = Answering(Delay(timedelta(minutes=answer_at_night)), missed_at_night)
    return replace(People(), day=by_day, night=at_night)


_WITHOUT_A_PLAN = "to rehearse all the same: other dates with --from, or --plan with one that `oncall generate` made"


class _Rehearsal:
    """Reads what was asked for, plans today and the proposal, and plays both.

    changes: what the proposed policy changes for whom, a sentence each; empty without one.
    """

    def __init__(self, wish: _Wish, people: People) -> None:
        from oncall.rehearsal.rehearsal_schedule import span_of

        self._wish, self._people = wish, people
        team = _team(wish.roster, wish.policy)
        plan = _plan(wish.plan, team) if wish.plan is not None else None
        listed = _listed(wish.tickets, team)
        self.first_day, self.last_day = _days(wish, team, plan, listed)
        self._span: Window = span_of(team, self.first_day, self.last_day)
        self._arrivals = self._within(listed) if wish.rate is None else self._made_up(wish.rate, team)
        self.today = self._scenario(team, plan)
        self.changes: list[str] = []

    def compared(self, roster: Path | None, policy: Path | None) -> Comparison:
        """Today's outcome, and the proposal's when there is one."""
        from oncall.rehearsal.comparison import Comparison
        from oncall.support.policy_changes import changes

        today = self._played("today", self.today)
        if roster is None and policy is None:
            return Comparison(today)
        team = _team(roster or self._wish.roster, policy or (self._wish.policy if roster is None else None))
        before = self.today.roster
        self.changes = changes(before.policy, team.policy)
        # Other hours or other people need another plan; other targets or steps do not.
        same_shifts = roster is None and (team.policy.spans, team.policy.zone) == (
            before.policy.spans,
            before.policy.zone,
        )
        proposed = self._scenario(team, self.today.plan if same_shifts else None)
        return Comparison(today, self._played("the proposal", proposed))

    def _scenario(self, team: Roster, plan: Plan | None) -> Scenario:
        from oncall.rehearsal.scenario import Scenario, planned

        if plan is not None:
            return Scenario(team, plan)
        tell(f"planning {team.team} from {self.first_day} to {self.last_day}")
        limit = timedelta(seconds=self._wish.time_limit)
        try:
            return planned(team, self.first_day, self.last_day, seed=self._wish.seed, time_limit=limit)
        except PlanInfeasible as error:
            # The exceptions that are offered are those of `generate`, and a rehearsal takes none.
            raise PlanInfeasible(error.summary, (*error.reasons, _WITHOUT_A_PLAN), error.relaxations) from None

    def _played(self, name: str, scenario: Scenario) -> Any:
        from oncall.rehearsal.scenario import rehearse

        with _progress(name, self._span) as show:
            return rehearse(scenario, self._arrivals, self._span, self._people, seed=self._wish.seed, on_progress=show)

    def _made_up(self, rate: str, team: Roster) -> list[Arrival]:
        from oncall.rehearsal.arrivals import made_up, rate_of
        from oncall.support.calendar import calendar_of

        calendar = calendar_of(team.policy, team.holidays)
        return made_up(rate_of(rate), self._span, team.policy, calendar, seed=self._wish.seed)

    def _within(self, listed: list[Arrival]) -> list[Arrival]:
        kept = [arrival for arrival in listed if arrival.at in self._span]
        if len(kept) < len(listed):
            tell(f"{len(listed) - len(kept):,} of {len(listed):,} tickets lie outside these dates and are left out")
        return kept


def _team(path: Path, policy: Path | None) -> Roster:
    from oncall.rosters.roster_file import read_roster
    from oncall.support.policy_file import read_policy

    team = read_roster(path)
    return team if policy is None else replace(team, policy=read_policy(policy))


def _plan(path: Path, team: Roster) -> Plan:
    from oncall.schedule.plan_file import read_plan

    plan = read_plan(path, team=team.team, zone=team.policy.zone)
    if not plan.seats:
        raise Refused(f"{path}: the plan has no shift")
    return plan


def _listed(path: Path | None, team: Roster) -> list[Arrival]:
    from oncall.rehearsal.arrivals import read_tickets

    return read_tickets(path, team.policy) if path is not None else []


def _days(wish: _Wish, team: Roster, plan: Plan | None, listed: list[Arrival]) -> tuple[date, date]:
    """First and last date: as asked, else those of the tickets, else those of the plan, else a year from Monday on."""
    zone = team.policy.zone
    last: date | None = None
    if listed:
        first, last = (arrival.at.astimezone(zone).date() for arrival in (listed[0], listed[-1]))
    elif plan is not None:
        first = plan.window.start.astimezone(zone).date()
        last = (plan.window.end - timedelta(microseconds=1)).astimezone(zone).date()
    else:
        first = _next_monday(zone)
    if wish.start is not None:
        first = date_of(wish.start, "--from")
    if wish.weeks is not None or last is None:
        last = first + timedelta(weeks=wish.weeks or YEAR_OF_WEEKS, days=-1)
    # A search over less than a week may find no shift to staff.
    return first, max(last, first if plan is not None else first + timedelta(days=6))


def _next_monday(zone: Any) -> date:
    from oncall import wiring

    today = wiring.make_clock(wiring.read_settings()).now().astimezone(zone).date()
    return today + timedelta(days=7 - today.weekday())


@contextmanager
def _progress(name: str, span: Window) -> Iterator[Callable[[datetime], None]]:
    """Shows on stderr how far a rehearsal is: one live line on a terminal, elsewhere one line for each tenth."""

    def percent(now: datetime) -> int:
        return min(int((now - span.start) / (span.end - span.start) * 100), 100)

    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(f"rehearsing {name}") as status:
            yield lambda now: status.update(f"rehearsing {name}: {now:%Y-%m-%d}, {percent(now)} %")
        return
    told = -1

    def show(now: datetime) -> None:
        nonlocal told
        if percent(now) // 10 > told:
            told = percent(now) // 10
            tell(f"rehearsing {name}: {now:%Y-%m-%d}, {told * 10} %")

    yield show


def _print(show: _Rehearsal, found: Comparison, seed: int) -> None:
    tickets = f"{found.today.tickets:,} ticket{'' if found.today.tickets == 1 else 's'}"
    team = show.today.roster.team
    say(f"Rehearsal of {tickets} from {show.first_day} to {show.last_day}, team {team}, seed {seed}.")
    if show.changes:
        say("\nThe proposed policy")
        say("\n".join(show.changes))
    for section in found.sections():
        say(f"\n{section.title}")
        print_table(section.header, section.rows)
