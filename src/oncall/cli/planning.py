"""Planning in the terminal: from a roster to a checked plan."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from json import loads
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.amounts import counted, seconds_of, seed_of, weeks_of
from oncall.cli.mending import CHANGES, FREEZE, FROM, KEEP, OPEN, Wanted, diff_lines, mend, view
from oncall.cli.show import JSON_OPTION, print_json, tell
from oncall.cli.standing import HISTORY, LEDGER, NO_HISTORY, Sources, what_stands
from oncall.errors import PlanInfeasible, Refused
from oncall.suggestions import listed

if TYPE_CHECKING:
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.rotation.given import Given
    from oncall.rotation.mended import Repair
    from oncall.rotation.search import Progress
    from oncall.schedule.plan import Plan, Shift

ROSTER = typer.Argument(..., metavar="ROSTER", help="The roster's YAML file.")
PLAN = typer.Argument(..., metavar="PLAN", help="A plan file, .csv or .json.")
PLANS_ROSTER = typer.Option(..., "--roster", help="The roster that the plan is for.")
SUFFIXES = (".csv", ".json", ".ics", ".html", ".xlsx")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("generate")(generate)


def date_of(text: str, option: str | None = None) -> date:
    """The date that an option names; a callback of typer's needs no `option`. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text[:40]}" is not a date; write "2027-01-04"', param_hint=option) from None


def _output_of(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f'"{path}" should end in .csv, .json, .ics, .html or .xlsx')
    return path


def generate(
    roster: Path = ROSTER,
    start: str | None = typer.Option(
        None,
        "--start",
        metavar="DATE",
        callback=lambda text: text and str(date_of(text)),
        help="First date, like 2027-01-04.",
    ),
    weeks: int | None = typer.Option(None, "--weeks", metavar="N", parser=weeks_of, help="How many weeks from there."),
    output: Path | None = typer.Option(
        None,
        "--output",
        "-o",
        callback=_output_of,
        help="A .csv, .json, .ics, .html or .xlsx file; stdout as CSV when absent.",
    ),
    time_limit: float | None = typer.Option(
        None,
        "--time-limit",
        metavar="SECONDS",
        parser=seconds_of,
        help="Take the best plan found by then; without it the search goes on until the proof.",
    ),
    seed: int = typer.Option(
        0, "--seed", metavar="N", parser=seed_of, help="Another seed gives another plan, as fair."
    ),
    relax: list[str] = typer.Option(
        [], "--relax", metavar="ID", help="An exception that you agree to, as it was offered; repeatable."
    ),
    history: list[Path] = HISTORY,
    no_history: bool = NO_HISTORY,
    ledger: Path | None = LEDGER,
    keep: Path | None = KEEP,
    start_of_change: str | None = FROM,
    changes: int = CHANGES,
    freeze: int = FREEZE,
    opened: list[str] = OPEN,
    json: bool = JSON_OPTION,
) -> None:
    """Make the fairest plan that keeps the rules, and prove that none is fairer.

    Shows the cost found, the bound that no plan can beat and the gap between them while it works. Ctrl-C or
    --time-limit take the best plan so far, marked feasible. The same roster, dates and seed give the same plan.
    Where no plan is possible the reasons are told, and exceptions with which one is; --relax makes them.

    Rest, weekends, maxima and balances go on from what is published in the local database and from --history plans.
    --keep mends a plan instead: as few seats as possible change from a date on, then as fairly as that allows.

    Examples: oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --output plan.csv
    · oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 52 --time-limit 30 --json
    · oncall generate rosters/itopia-cas.yaml --keep plan.json --from 2027-02-15 --freeze 3 --output mended.json
    """
    from oncall.rosters.file import read_roster
    from oncall.rosters.relaxation import relaxation_named, relaxed
    from oncall.schedule.planfile import csv_of, json_of

    if output is not None:
        _refuse_unwritable(output)
    wanted = _wanted(keep, start_of_change, changes, freeze, opened)
    span = _span_wanted(start, weeks, wanted)
    team = read_roster(roster)
    relaxations = tuple(dict.fromkeys(relaxation_named(each) for each in relax))
    relaxed(team, relaxations)
    sources = Sources(history, ledger, not no_history)
    mended: Repair | None = None
    try:
        if wanted is not None:
            mended = mend(team, wanted, sources, relaxations, seed=seed, limit=time_limit)
        plan = mended.plan if mended else _solved(team, *span, sources, relaxations, seed=seed, limit=time_limit)
    except PlanInfeasible as refusal:
        if json:
            print_json(_infeasible_view(refusal))
        raise
    except KeyboardInterrupt:
        raise Refused("stopped before there was a plan; nothing was written") from None
    if output is not None:
        _write(plan, output, team)
        tell(f"written to {output}")
    for line in diff_lines(mended) if mended else ():
        typer.echo(line, err=json or output is None)
    if json and mended:
        print_json({**loads(json_of(plan)), "repair": view(mended)})
    elif json or output is None:
        typer.echo(json_of(plan) if json else csv_of(plan), nl=False)


def _wanted(keep: Path | None, start: str | None, changes: int, freeze: int, opened: Sequence[str]) -> Wanted | None:
    """What --keep asks for; None without it. Raises BadParameter when the options do not go together."""
    if keep is None:
        for option, is_given in (("--from", start), ("--changes", changes), ("--freeze", freeze), ("--open", opened)):
            if is_given:
                raise typer.BadParameter("goes with --keep PLAN, the plan to mend", param_hint=option)
        return None
    if opened and not freeze:
        raise typer.BadParameter("goes with --freeze DAYS, whose dates it frees", param_hint="--open")
    if start is None:
        raise typer.BadParameter("write from when on the plan may change, like --from 2027-02-15", param_hint="--from")
    dates = frozenset(date_of(day, "--open") for day in opened)
    return Wanted(keep, date_of(start, "--from"), changes, freeze, dates)


def _span_wanted(start: str | None, weeks: int | None, wanted: Wanted | None) -> tuple[date, date]:
    """The dates to plan; those of the kept plan are known only from its file. Raises BadParameter."""
    for option, value, example in (("--start", start, "2027-01-04"), ("--weeks", weeks, "13")):
        if wanted is not None and value is not None:
            raise typer.BadParameter("is that of the plan to mend; leave it out with --keep", param_hint=option)
        if wanted is None and value is None:
            raise typer.BadParameter(f"is missing; write one like {option} {example}", param_hint=option)
    return (date.min, date.min) if start is None or weeks is None else span_of(date_of(start), weeks)


def _infeasible_view(refusal: PlanInfeasible) -> dict[str, Any]:
    reasons, relaxations = list(refusal.reasons), [list(each) for each in refusal.relaxations]
    return {"status": "infeasible", "summary": refusal.summary, "reasons": reasons, "relaxations": relaxations}


def _refuse_unwritable(output: Path) -> None:
    """Raise Refused when the file surely cannot be written, before anybody waits for what is to be in it."""
    from tempfile import TemporaryFile

    folder = output.resolve().parent
    if not folder.is_dir():
        raise Refused(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir():
        raise Refused(f"{output}: is a folder; name a file in it")
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refused(f"{output}: nothing can be written in {folder}: {error.strerror}; name another file") from None


def _write(plan: Plan, output: Path, team: Roster) -> None:
    """The plan in the form that the file's ending says."""
    from oncall.schedule.planfile import replace_file, write_plan

    if output.suffix.lower() == ".html":
        from oncall.rotation.planpage import plan_page

        replace_file(output, plan_page(plan, team).encode())
    elif output.suffix.lower() == ".xlsx":
        from oncall.rotation.workbook import workbook_of

        replace_file(output, workbook_of(plan, team))
    else:
        write_plan(plan, output, {engineer.id: engineer.name for engineer in team.engineers})


def span_of(first_day: date, weeks: int) -> tuple[date, date]:
    """First and last date of so many weeks."""
    try:
        return first_day, first_day + timedelta(weeks=weeks, days=-1)
    except OverflowError:
        raise Refused(f"{weeks} weeks from {first_day} lie outside the calendar") from None


def _solved(
    team: Roster,
    first_day: date,
    last_day: date,
    sources: Sources,
    relaxations: Sequence[Relaxation],
    *,
    seed: int,
    limit: float | None,
) -> Plan:
    """The checked plan for these dates, with the story on stderr."""
    from oncall.rosters.relaxation import relaxed
    from oncall.rotation.accepted import marked

    shifts = shifts_of(team, first_day, last_day)
    given = what_stands(team, first_day, last_day, sources)
    from oncall.rotation.model import solve

    with interruption() as is_interrupted, progress_line() as show:
        plan = solve(
            relaxed(team, relaxations),
            shifts,
            seed=seed,
            time_limit=None if limit is None else timedelta(seconds=limit),
            on_progress=show,
            should_stop=is_interrupted,
            given=given,
        )
    plan = marked(replace(plan, first_day=first_day, last_day=last_day), relaxations)
    refuse_broken(plan, team, given)
    tell(_outcome_line(plan, len(shifts)))
    for note in plan.notes:
        tell(note)
    return plan


def shifts_of(team: Roster, first_day: date, last_day: date) -> tuple[Shift, ...]:
    """The team's shifts that start on these dates. Raises Refused when there is none."""
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of

    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, weekend=team.rules.weekend)
    if not shifts:
        raise Refused(f"no on-call shift starts from {first_day} to {last_day}; name other dates or more weeks")
    return shifts


def refuse_broken(plan: Plan, team: Roster, given: Given) -> None:
    """No plan leaves the house unchecked. A fault found here is one of the planner."""
    from oncall.rotation.check import check_plan

    violations = check_plan(plan, team, history=given.published, elsewhere=given.elsewhere)
    if violations:
        lines = "\n".join(f"  {violation}" for violation in violations)
        raise Refused(
            f"the plan made does not pass the check, which is a fault of this program; it is not used:\n{lines}"
        )


def _outcome_line(plan: Plan, shifts: int) -> str:
    assert plan.fairness is not None
    cost, bound = plan.fairness.cost, plan.fairness.bound
    what = f"{counted(shifts, 'shift')} from {plan.first_day} to {plan.last_day}"
    if cost == bound:
        return f"optimal: {what}, fairness cost {cost}, proven: no plan that keeps the rules costs less"
    gap = (cost - bound) / cost
    return f"feasible: {what}, fairness cost {cost}; no plan can cost less than {bound} (gap {gap:.1%})"


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """While this lasts, the first Ctrl-C only asks to stop; the next one breaks off as usual."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        tell("stopping: the best plan so far will be the answer; Ctrl-C once more breaks off")
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress_line() -> Iterator[Callable[[Progress], None]]:
    """Shows progress on stderr: one live line on a terminal, elsewhere a line now and then when something changed."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("searching") as status:
            yield lambda progress: status.update(_progress_text(progress))
        return
    told: tuple[int | None, int, str] | None = None
    told_at = timedelta(0)

    def show(progress: Progress) -> None:
        nonlocal told, told_at
        now = (progress.cost, progress.bound, progress.stage)
        # A log need not have every stage that is gone through in passing.
        patience = timedelta(seconds=5 if progress.stage else 1)
        if now != told and progress.elapsed - told_at >= patience:
            told, told_at = now, progress.elapsed
            tell(_progress_text(progress))

    yield show


def _progress_text(progress: Progress) -> str:
    seconds = progress.elapsed.total_seconds()
    if progress.stage:
        return f"{progress.stage} ({seconds:.0f} s)"
    if progress.gap is None:
        return f"searching for a first plan; none can cost less than {progress.bound} ({seconds:.0f} s)"
    return f"cost {progress.cost}, bound {progress.bound}, gap {progress.gap:.1%} ({seconds:.0f} s)"


def read_both(plan: Path, roster: Path) -> tuple[Roster, Plan]:
    """The roster and its plan. Raises FileFaults."""
    from oncall.rosters.file import read_roster
    from oncall.schedule.planfile import read_plan

    team = read_roster(roster)
    return team, read_plan(plan, team=team.team, zone=team.policy.zone)


def refuse_strangers(content: Plan, team: Roster, plan: Path) -> None:
    """Raise Refused when the plan is not one of this roster's people, or holds nothing."""
    strangers = sorted({seat.engineer for seat in content.seats} - {engineer.id for engineer in team.engineers})
    if strangers:
        raise Refused(f"{plan}: {listed(strangers)} not on the roster of team {team.team}; name the plan's own roster")
    if not content.seats:
        raise Refused(f"{plan}: the plan has no shift")
