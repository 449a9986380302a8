"""Planning in the terminal: from a roster to a checked plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.numbers import counted, seconds_of, seed_of, weeks_of
from oncall.cli.output import JSON_OPTION, print_json, tell
from oncall.cli.plan_inputs import ROSTER, date_of, refuse_broken, shifts_of, span_of
from oncall.cli.planning_context import HISTORY, LEDGER, NO_HISTORY, Sources, what_stands
from oncall.cli.repair_output import CHANGES, FREEZE, FROM, KEEP, OPEN, RepairOptions, diff_lines, mend, view
from oncall.cli.search_progress import interruption, progress_line
from oncall.errors import PlanInfeasible, Refused

if TYPE_CHECKING:
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.rotation.repair.repair_result import Repair
    from oncall.schedule.plan import Plan

SUFFIXES = (".csv", ".json", ".ics", ".html", ".xlsx")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("generate")(generate)


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
    from oncall.rosters.relaxation import relaxation_named
    from oncall.rosters.relaxed_roster import relaxed
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.plan_file import csv_of, json_of

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


def _wanted(
    keep: Path | None, start: str | None, changes: int, freeze: int, opened: Sequence[str]
) -> RepairOptions | None:
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
    return RepairOptions(keep, date_of(start, "--from"), changes, freeze, dates)


def _span_wanted(start: str | None, weeks: int | None, wanted: RepairOptions | None) -> tuple[date, date]:
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
    from oncall.schedule.plan_file import replace_file, write_plan

    if output.suffix.lower() == ".html":
        from oncall.rotation.report.plan_page import plan_page

        replace_file(output, plan_page(plan, team).encode())
    elif output.suffix.lower() == ".xlsx":
        from oncall.rotation.report.workbook import workbook_of

        replace_file(output, workbook_of(plan, team))
    else:
        write_plan(plan, output, {engineer.id: engineer.name for engineer in team.engineers})


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
    from oncall.rosters.relaxed_roster import relaxed
    from oncall.rotation.check.used_relaxations import marked

    shifts = shifts_of(team, first_day, last_day)
    given = what_stands(team, first_day, last_day, sources)
    from oncall.rotation.generate.fairest_plan import solve

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


def _outcome_line(plan: Plan, shifts: int) -> str:
    assert plan.fairness is not None
    cost, bound = plan.fairness.cost, plan.fairness.bound
    what = f"{counted(shifts, 'shift')} from {plan.first_day} to {plan.last_day}"
    if cost == bound:
        return f"optimal: {what}, fairness cost {cost}, proven: no plan that keeps the rules costs less"
    gap = (cost - bound) / cost
    return f"feasible: {what}, fairness cost {cost}; no plan can cost less than {bound} (gap {gap:.1%})"
