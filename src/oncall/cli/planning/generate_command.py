"""`oncall generate`: makes or repairs a plan for a roster, checks it, and prints or writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.plan_inputs import (
    HISTORY,
    LEDGER,
    NO_HISTORY,
    RELAX,
    ROSTER,
    SEED,
    relaxations_of,
    search_options,
    sources_of,
    span_of,
)
from oncall.cli.planning.repair_output import CHANGES, FREEZE, FROM, KEEP, OPEN, diff_lines
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of, seconds_of, weeks_of
from oncall.cli.terminal.output import counted, print_json, say, tell
from oncall.cli.terminal.search_progress import terminal_watch
from oncall.errors import PlanInfeasible, Refused

if TYPE_CHECKING:
    from oncall.planning.sources.context_sources import ContextSources
    from oncall.planning.sources.watch import SearchOptions
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.rotation.repair.repair_result import Repair
    from oncall.schedule.plan import Plan

SUFFIXES = (".csv", ".json", ".ics", ".html", ".xlsx")


def _output_of(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f'"{path}" should end in .csv, .json, .ics, .html or .xlsx')
    return path


START = typer.Option(
    None,
    "--start",
    metavar="DATE",
    callback=lambda text: text and str(date_of(text)),
    help="The first date, like 2027-01-04.",
)
WEEKS = typer.Option(None, "--weeks", metavar="N", parser=weeks_of, help="How many weeks to plan.")
OUTPUT = typer.Option(
    None,
    "--output",
    "-o",
    callback=_output_of,
    metavar="FILE",
    help="Write a .csv, .json, .ics, .html or .xlsx file; default: CSV on stdout.",
)
TIME_LIMIT = typer.Option(
    None,
    "--time-limit",
    metavar="SECONDS",
    parser=seconds_of,
    help="Stop after this time with the best plan so far; default: search until the plan is proven fairest.",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("generate")(generate)


def generate(
    roster: Path = ROSTER,
    start: str | None = START,
    weeks: int | None = WEEKS,
    output: Path | None = OUTPUT,
    time_limit: float | None = TIME_LIMIT,
    seed: int = SEED,
    relax: list[str] = RELAX,
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
    """Make the fairest plan that keeps every rule.

    Prints the cost of the plan and the proof that no plan costs less. Ctrl-C or --time-limit end the search early: the
    best plan so far is the answer, marked feasible. The same roster, dates and seed give the same plan. If no plan
    is possible, it prints the reasons, and the relaxations that make one possible (--relax).

    The plan continues the schedule that is published in the local database, and the --history plans: their shifts
    count for rest, weekends, the limits of the rules, and balances. With --keep, the command repairs a plan instead: it
    changes as few seats as possible from --from on. Among the plans with so few changes, it takes the fairest.

    Examples: oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --output plan.csv
    · oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 52 --time-limit 30 --json
    · oncall generate rosters/itopia-cas.yaml --keep plan.json --from 2027-02-15 --freeze 3 --output repaired.json
    """
    from oncall.rosters.roster_file import read_roster

    if output is not None:
        _refuse_unwritable(output)
    repair = _repair_asked(keep, start_of_change, changes, freeze, opened)
    days = _days_asked(start, weeks, repair)
    team = read_roster(roster)
    found: Repair | None = None
    with _search_refusals(as_json=json):
        relaxations, options = relaxations_of(relax, team), search_options(seed, time_limit)
        sources = sources_of(team, history, ledger, use_published=not no_history)
        if repair is not None:
            found = _repaired(team, repair, sources, relaxations, options)
        plan = found.plan if found else _made(team, days, sources, relaxations, options)
    if output is not None:
        _write(plan, output, team)
    _print_answer(plan, found, as_json=json, is_written=output is not None)


@dataclass(frozen=True, slots=True)
class _RepairAsked:
    """The repair that the user asked for, by `--keep` and the options that go with it."""

    keep: Path
    first_open: date
    more_changes: int
    frozen_days: int
    opened: frozenset[date]


def _repair_asked(
    keep: Path | None, start: str | None, changes: int, freeze: int, opened: Sequence[str]
) -> _RepairAsked | None:
    """Return the repair that the options ask for; None without `--keep`.

    Raises BadParameter if options exclude each other.
    """
    if keep is None:
        for option, is_given in (("--from", start), ("--changes", changes), ("--freeze", freeze), ("--open", opened)):
            if is_given:
                raise typer.BadParameter("needs --keep PLAN, the plan to repair", param_hint=option)
        return None
    if opened and not freeze:
        raise typer.BadParameter("needs --freeze DAYS, the dates that are frozen", param_hint="--open")
    if start is None:
        raise typer.BadParameter(
            "is missing; write the first date that may change, like 2027-02-15", param_hint="--from"
        )
    dates = frozenset(date_of(day, "--open") for day in opened)
    return _RepairAsked(keep, date_of(start, "--from"), changes, freeze, dates)


def _days_asked(start: str | None, weeks: int | None, repair: _RepairAsked | None) -> tuple[date, date]:
    """Return the first and the last date to plan; a repair has the dates of its baseline. Raises BadParameter."""
    for option, value, example in (("--start", start, "2027-01-04"), ("--weeks", weeks, "13")):
        if repair is not None and value is not None:
            raise typer.BadParameter("comes from the plan to repair; leave it out with --keep", param_hint=option)
        if repair is None and value is None:
            raise typer.BadParameter(f"is missing; write one like {option} {example}", param_hint=option)
    return (date.min, date.min) if start is None or weeks is None else span_of(date_of(start), weeks)


@contextmanager
def _search_refusals(*, as_json: bool) -> Iterator[None]:
    """Raise Refused after a Ctrl-C. With --json, print the reasons as JSON if no plan is possible."""
    try:
        yield
    except PlanInfeasible as refusal:
        if as_json:
            from oncall.planning.views.plan_views import infeasible_view

            print_json(infeasible_view(refusal))
        raise
    except KeyboardInterrupt:
        raise Refused("stopped before there was a plan; nothing was written") from None


def _made(
    team: Roster,
    days: tuple[date, date],
    sources: ContextSources,
    relaxations: Sequence[Relaxation],
    options: SearchOptions,
) -> Plan:
    """Make the plan, with progress on stderr."""
    from oncall.planning.plans.make_plan import make_plan

    made = make_plan(team, *days, sources, relaxations, options=options, watch=terminal_watch())
    tell(_outcome_line(made.plan, made.shifts))
    for note in (*made.plan.notes, *unmet_lines(made.plan)):
        tell(note)
    return made.plan


def _repaired(
    team: Roster,
    asked: _RepairAsked,
    sources: ContextSources,
    relaxations: Sequence[Relaxation],
    options: SearchOptions,
) -> Repair:
    """Repair the plan, with progress on stderr."""
    from oncall.planning.plans.repair_plan import RepairRequest, repair_plan
    from oncall.planning.sources.context_sources import read_named_plan

    _warn_of_absent(team, sources)
    baseline = read_named_plan(asked.keep, team)
    request = RepairRequest(baseline, asked.first_open, asked.more_changes, asked.frozen_days, asked.opened)
    found = repair_plan(team, request, sources, relaxations, options=options, watch=terminal_watch())
    for line in (*found.plan.notes, *unmet_lines(found.plan)):
        tell(line)
    return found


def _warn_of_absent(team: Roster, sources: ContextSources) -> None:
    """Warn if an override puts an engineer on call during an absence, because a repair keeps overrides."""
    from oncall import wiring
    from oncall.planning.published.change_rules import absent_now

    if sources.published is not None:
        now = wiring.make_clock(wiring.read_settings()).now()
        for sentence in absent_now(sources.published, team, now):
            tell(f"WARNING: {sentence}", colour="yellow")


def unmet_lines(plan: Plan) -> list[str]:
    """Return a line for each request that the plan does not meet."""
    return ["requests that are not met:", *(f"  {each.text}" for each in plan.unmet)] if plan.unmet else []


def _outcome_line(plan: Plan, shifts: int) -> str:
    assert plan.fairness is not None
    cost, bound = plan.fairness.cost, plan.fairness.bound
    what = f"{counted(shifts, 'shift')} from {plan.first_day} to {plan.last_day}"
    if cost == bound:
        return f"optimal: {what}, fairness cost {cost}, proven: no plan that keeps the rules costs less"
    gap = (cost - bound) / cost
    return f"feasible: {what}, fairness cost {cost}; no plan can cost less than {bound} (gap {gap:.1%})"


def _refuse_unwritable(output: Path) -> None:
    """Raise Refused before the search begins, if the output file cannot be written."""
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
    """Write the plan in the format that the suffix of the file names."""
    from oncall import wiring
    from oncall.schedule.plan_file import write_plan
    from oncall.text_files import replace_file

    if output.suffix.lower() == ".html":
        from oncall.rotation.report.plan_page import plan_page

        replace_file(output, plan_page(plan, team).encode())
    elif output.suffix.lower() == ".xlsx":
        from oncall.rotation.report.workbook import workbook_of

        replace_file(output, workbook_of(plan, team))
    else:
        names = {engineer.id: engineer.name for engineer in team.engineers}
        write_plan(plan, output, names, team.policy.titles, now=wiring.make_clock(wiring.read_settings()).now())
    tell(f"written to {output}")


def _print_answer(plan: Plan, found: Repair | None, *, as_json: bool, is_written: bool) -> None:
    """Print the changes of a repair, and the plan unless it was written to a file.

    found: None if no repair was asked for.
    """
    from oncall.schedule.plan_csv import csv_of
    from oncall.schedule.plan_json import json_of

    for line in diff_lines(found) if found else ():
        (say if is_written and not as_json else tell)(line)
    if as_json and found:
        from oncall.planning.views.plan_views import repaired_plan_view

        print_json(repaired_plan_view(found))
    elif as_json or not is_written:
        typer.echo(json_of(plan) if as_json else csv_of(plan), nl=False)
