"""`oncall simulate`: runs months of tickets through the real pager on a simulated clock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of
from oncall.cli.terminal.output import counted, print_json, print_table, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.rehearsal.rehearse_change import RehearsalReport
    from oncall.rehearsal.responders import People
    from oncall.rosters.roster import Roster
    from oncall.schedule.plan import Plan
    from oncall.support.windows import Window

MOST_WEEKS = 520


ROSTER = typer.Option(..., "--roster", metavar="ROSTER", help="Today's roster.")
POLICY = typer.Option(None, "--policy", metavar="POLICY", help="Today's policy; default: the roster's own.")
PLAN = typer.Option(None, "--plan", metavar="PLAN", help="Today's plan; default: made from the roster.")
AGAINST_ROSTER = typer.Option(
    None, "--against-roster", metavar="ROSTER", help="A proposed roster, to compare with today's."
)
AGAINST_POLICY = typer.Option(
    None, "--against-policy", metavar="POLICY", help="A proposed policy, to compare with today's."
)
TICKETS = typer.Option(
    None,
    "--tickets",
    metavar="FILE",
    help="A CSV file of tickets: at (ISO 8601, or policy time), customer, plan, impact, and optionally subject.",
)
RATE = typer.Option(
    None, "--rate", metavar="RATE", help="Instead of a file, random tickets: 10000/year, 200/week or 40/day."
)
START = typer.Option(None, "--from", metavar="DATE", help="The first date; default: next Monday.")
WEEKS = typer.Option(None, "--weeks", metavar="N", min=1, max=MOST_WEEKS, help="How many weeks; default: 52.")
SEED = typer.Option(
    0, "--seed", metavar="N", min=0, max=2**31 - 1, help="A different seed gives different random tickets and answers."
)
MISSED = typer.Option(
    0.05, "--missed", metavar="SHARE", min=0, max=1, help="The share of pages that are missed by day."
)
MISSED_AT_NIGHT = typer.Option(
    0.2,
    "--missed-at-night",
    metavar="SHARE",
    min=0,
    max=1,
    help="The share of pages that are missed from 23:00 to 07:00.",
)
ANSWER = typer.Option(
    2.0, "--answer", metavar="MINUTES", min=0, help="The median time until a page is acknowledged by day."
)
ANSWER_AT_NIGHT = typer.Option(
    4.0,
    "--answer-at-night",
    metavar="MINUTES",
    min=0,
    help="The median time until a page is acknowledged from 23:00 to 07:00.",
)
TIME_LIMIT = typer.Option(
    20.0, "--time-limit", metavar="SECONDS", min=0.1, help="The time limit of each search for a plan."
)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("simulate")(simulate)


def simulate(
    roster: Path = ROSTER,
    policy: Path | None = POLICY,
    plan: Path | None = PLAN,
    against_roster: Path | None = AGAINST_ROSTER,
    against_policy: Path | None = AGAINST_POLICY,
    tickets: Path | None = TICKETS,
    rate: str | None = RATE,
    start: str | None = START,
    weeks: int | None = WEEKS,
    seed: int = SEED,
    missed: float = MISSED,
    missed_at_night: float = MISSED_AT_NIGHT,
    answer: float = ANSWER,
    answer_at_night: float = ANSWER_AT_NIGHT,
    time_limit: float = TIME_LIMIT,
    json: bool = JSON_OPTION,
) -> None:
    """Simulate months of tickets, and a proposed change.

    The tickets go through the real verdicts, pager and SLA clocks, on a simulated clock and with simulated people.
    Prints which targets would be met, and how often each person would be paged and woken. Shows a proposed roster or
    policy beside today's. The times until an acknowledgement follow a lognormal distribution. The policy does not
    change how long people work on a ticket. The same arguments give the same answer.

    Examples: oncall simulate --roster rosters/itopia-cas.yaml --rate 10000/year --from 2027-01-04
    · oncall simulate --roster team.yaml --tickets last-year.csv --against-policy proposed.policy.yaml --json
    """
    if (tickets is None) == (rate is None):
        raise typer.BadParameter("name either --tickets FILE.csv or --rate 10000/year")
    from oncall.rehearsal.arrivals import read_tickets
    from oncall.rehearsal.rehearse_change import RehearsalRequest, RehearsalWatch, rehearse_change

    today = _team(roster, policy)
    request = RehearsalRequest(
        today,
        _date_now(today.policy.zone),
        _people(missed, missed_at_night, answer, answer_at_night),
        plan=None if plan is None else _plan(plan, today),
        tickets=() if tickets is None else read_tickets(tickets, today.policy),
        rate=rate,
        first_day=None if start is None else date_of(start, "--from"),
        weeks=weeks,
        seed=seed,
        time_limit=timedelta(seconds=time_limit),
    )
    proposal = _proposal(today, against_roster, against_policy)
    _print(rehearse_change(request, proposal, RehearsalWatch(tell, _progress)), as_json=json)


def _people(missed: float, missed_at_night: float, answer: float, answer_at_night: float) -> People:
    from oncall.rehearsal.responders import Answering, Delay, People

    by_day = Answering(Delay(timedelta(minutes=answer)), missed)
    at_night = Answering(Delay(timedelta(minutes=answer_at_night)), missed_at_night)
    return replace(People(), day=by_day, night=at_night)


def _proposal(today: Roster, roster: Path | None, policy: Path | None) -> Roster | None:
    """Read the proposed roster or policy. Returns the roster to simulate; None if nothing is proposed."""
    from oncall.support.policy_file import read_policy

    if roster is not None:
        return _team(roster, policy)
    return None if policy is None else replace(today, policy=read_policy(policy))


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


def _date_now(zone: ZoneInfo) -> date:
    from oncall import wiring

    return wiring.make_clock(wiring.read_settings()).now().astimezone(zone).date()


@contextmanager
def _progress(name: str, span: Window) -> Iterator[Callable[[datetime], None]]:
    """Show the progress of a rehearsal on stderr: one live line on a terminal, elsewhere a line for each tenth of the
    span.
    """

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


def _print(report: RehearsalReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.as_json())
        return
    tickets = counted(report.outcomes.today.tickets, "ticket")
    say(f"Rehearsal of {tickets} from {report.first_day} to {report.last_day}, team {report.team}, seed {report.seed}.")
    if report.policy_changes:
        say("\nThe proposed policy")
        say("\n".join(report.policy_changes))
    for section in report.outcomes.sections():
        say(f"\n{section.title}")
        print_table(section.header, section.rows)
