"""Prints the difference of two schedules: shifts by person, people, phone numbers, names and the policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.cli.terminal.output import say, time_of

if TYPE_CHECKING:
    from oncall.planning.views.diff_view import DiffView, HandsView
    from oncall.planning.views.version_views import NewVersionView
    from oncall.schedule.schedule_view_types import AssignmentView


def print_difference(view: DiffView, zone: ZoneInfo) -> None:
    """Print the difference of two schedules, with times in `zone`."""
    say(f"From {view['from']['name']} to {view['to']['name']}:")
    lines = [*_shift_lines(view, zone), *people_lines(view), *policy_lines(view, zone)]
    for line in lines or ["Nothing differs."]:
        say(f"  {line}")


def policy_lines(view: DiffView | NewVersionView, zone: ZoneInfo) -> list[str]:
    """Return a sentence for each change of the policy, and one that says when the new policy comes into force."""
    if not view["policy_changes"]:
        return []
    since = view["policy_from"]
    words = [f"policy: {sentence}" for sentence in view["policy_changes"]]
    return words if since is None else [*words, f"policy: this holds from {time_of(since, zone)} on."]


def _shift_lines(view: DiffView, zone: ZoneInfo) -> Iterator[str]:
    for change in view["changes"]:
        yield f"{change['engineer']}: {_counts(change)}"
        runs = [*(("+", run) for run in _runs(change["gained"])), *(("-", run) for run in _runs(change["lost"]))]
        for sign, run in sorted(runs, key=lambda each: each[1][0]["start"]):
            yield f"  {sign} {_run_text(run, zone)}"


def _counts(change: HandsView) -> str:
    counts = (("gains", change["gained"]), ("loses", change["lost"]))
    return ", ".join(f"{word} {len(turns)}" for word, turns in counts if turns)


def _runs(shifts: Sequence[AssignmentView]) -> list[list[AssignmentView]]:
    """Return the shifts in runs that follow each other without a gap, in the same role and of the same kind."""
    runs: list[list[AssignmentView]] = []
    for shift in sorted(shifts, key=lambda each: (each["role"], each["start"])):
        last = runs[-1][-1] if runs else None
        if last is not None and (last["role"], last["kind"], last["end"]) == (
            shift["role"],
            shift["kind"],
            shift["start"],
        ):
            runs[-1].append(shift)
        else:
            runs.append([shift])
    return runs


def _run_text(run: Sequence[AssignmentView], zone: ZoneInfo) -> str:
    first, count = run[0], f"  {len(run)} shifts" if len(run) > 1 else ""
    times = f"{time_of(first['start'], zone)} to {time_of(run[-1]['end'], zone)}"
    return f"{times}  {first['kind']}  {first['role']}{count}"


def people_lines(view: DiffView | NewVersionView) -> Iterator[str]:
    """Yield a sentence for each person who was added, removed, renamed or got another phone number.

    Numbers are masked.
    """
    for person in view["people_added"]:
        yield f"people: {person['name']} ({person['engineer']}) is new on the roster."
    for person in view["people_gone"]:
        yield f"people: {person['name']} ({person['engineer']}) is no longer on the roster."
    for name in view["names"]:
        yield f"people: {name['engineer']} is called {name['to']}, no longer {name['from']}."
    for phone in view["phones"]:
        new, old = phone["to"], phone["from"]
        words = f"which also ends in {new}" if new == old else f"{new}, no longer {old}"
        yield f"people: {phone['engineer']} has another phone number, {words}."
