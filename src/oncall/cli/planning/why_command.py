"""`oncall why`: why an engineer has a shift, and what the plan would cost with each other engineer on it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.plan_inputs import HISTORY, NO_HISTORY, PLAN, PLANS_ROSTER, read_both, sources_of
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of, seconds_of
from oncall.cli.terminal.output import parse_time, print_json, say, tell
from oncall.cli.terminal.search_progress import quiet_watch

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.explain.why_seat import Alternative, SeatExplanation, SolvedAlternative
    from oncall.schedule.plan import Plan


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("why")(why)


def why(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    shift: str = typer.Option(..., "--shift", metavar="START", help="The shift: its first date, or a time in it."),
    role: str | None = typer.Option(
        None, "--role", metavar="ROLE", help="Explain this role only; default: every role."
    ),
    time_limit: float = typer.Option(
        10.0,
        "--time-limit",
        metavar="SECONDS",
        parser=seconds_of,
        help="The time limit for each engineer. A cost that is not proven by then is marked.",
    ),
    history: list[Path] = HISTORY,
    no_history: bool = NO_HISTORY,
    json: bool = JSON_OPTION,
) -> None:
    """Explain why an engineer has a shift.

    For each other engineer, prints the rule that forbids the shift, or what the plan would cost with that engineer in
    the seat. To find the cost, it solves the whole plan again; Ctrl-C ends the search. Published shifts and --history
    count for rest and balances, as in `oncall generate`. A newcomer who only comes along (role `shadow`) has no cost.

    Examples: oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12
    · oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12T19:01 --role primary
    """
    team, named = read_both(plan, roster)
    question_start = _start_of(shift, named.plan)
    sources = sources_of(team, history, None, use_published=not no_history)
    from oncall.planning.plans.explain_seats import SeatQuestion, explain_seats

    question = SeatQuestion(question_start, role, timedelta(seconds=time_limit), _teller())
    answers = explain_seats(named, team, question, sources, watch=quiet_watch())
    if json:
        from oncall.planning.views.comparison_views import explanation_view

        print_json(explanation_view(named.name, answers, team))
        return
    _print_head(answers[0], team)
    for answer in answers:
        _print_answer(answer)


def _start_of(text: str, plan: Plan) -> date | datetime:
    """Parse the start of a shift: a date, or a time as an instant (aware UTC). Raises BadParameter."""
    return date_of(text, "--shift") if len(text) == 10 else parse_time("--shift", text, plan.zone)


def _teller() -> Callable[[str], None]:
    return (
        (lambda person: tell(f"solving the plan with {person} in this seat"))
        if sys.stderr.isatty()
        else (lambda _: None)
    )


def _print_head(answer: SeatExplanation, team: Roster) -> None:
    from oncall.support.wording import full_time

    seat, zone = answer.seat, team.policy.zone
    say(f"{full_time(seat.window.start, zone)} to {full_time(seat.window.end, zone)} ({seat.kind})")


def _print_answer(answer: SeatExplanation) -> None:
    from oncall.rosters.roster import SHADOW

    what = "who shadows and covers no shift" if answer.seat.role == SHADOW else f"fairness cost {answer.cost}"
    say(f"{answer.seat.role}: {answer.seat.engineer}, {what}")
    for other in answer.others:
        say(f"  {other.engineer}")
        for line in _lines(other):
            say(f"    {line}")


def _lines(other: Alternative) -> Iterator[str]:
    if other.obstacle is not None:
        yield f"cannot ({other.obstacle_rule}): {other.obstacle}"
        return
    if other.asked_to_avoid:
        yield "asked to avoid this shift"
    for rule in other.broken_rules:
        yield f"in this plan: {rule}"
    if other.swap_change is not None:
        yield f"in this plan: allowed, costs {_difference(other.swap_change)}"
    if other.solved is not None:
        yield f"solved with {other.engineer} in this seat: {_solved_text(other.solved)}"
    for cause in other.excluded_by:
        yield f"  {cause}"


def _solved_text(solved: SolvedAlternative) -> str:
    if solved.least_change is None:
        return "no plan keeps the rules, proven"
    if solved.cost_change is None:
        return f"no plan was found in this time; it costs {_lower_bound_words(solved.least_change)}"
    if solved.is_proven:
        return f"costs {_difference(solved.cost_change)}, proven"
    return f"costs {_difference(solved.cost_change)} at most, {_lower_bound_words(solved.least_change)}"


def _difference(cost: int) -> str:
    return "the same" if cost == 0 else f"{abs(cost)} {'more' if cost > 0 else 'less'}"


def _lower_bound_words(cost: int) -> str:
    """Return words for the proven lower bound of a search that was stopped early."""
    if cost > 0:
        return f"at least {cost} more"
    return "perhaps nothing more" if cost == 0 else f"perhaps up to {-cost} less"
