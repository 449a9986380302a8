"""The difference of two schedules as JSON, for `diff --json`, `publish --dry-run --json` and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from oncall.planning.published.publish_plan import gaps_from
from oncall.planning.published.schedule_diff import Difference, Side
from oncall.schedule.changes import AssignmentChange
from oncall.schedule.schedule_view_types import AssignmentView, GapView
from oncall.schedule.schedule_views import assignment_view, gap_view
from oncall.schedule.versions import Person
from oncall.support.json_types import IsoTime
from oncall.support.phones import masked_phone


class SideView(TypedDict):
    """One side of a comparison."""

    name: Annotated[str, "`version 3`, or the path of a plan file."]
    version: Annotated[int | None, "Number of the newest version in it; null for a plan file."]


class HandsView(TypedDict):
    """The assignments that one engineer gains and loses."""

    engineer: Annotated[str, "The engineer's id."]
    gained: list[AssignmentView]
    lost: list[AssignmentView]


class PersonView(TypedDict):
    """A person who is only on the new roster, or only on the old one."""

    engineer: Annotated[str, "The person's id."]
    name: str


# `from` is a keyword of Python, so that these types cannot be written as classes.
ChangedTextView = TypedDict(
    "ChangedTextView",
    {"engineer": Annotated[str, "The person's id."], "from": str, "to": str},
)
"""A person's name or masked phone number, before and after."""

DiffView = TypedDict(
    "DiffView",
    {
        "from": SideView,
        "to": SideView,
        "changes": Annotated[list[HandsView], "By engineer; engineers without a change are left out."],
        "people_added": list[PersonView],
        "people_gone": list[PersonView],
        "phones": Annotated[list[ChangedTextView], "People whose number has changed; numbers show their last digits."],
        "names": Annotated[list[ChangedTextView], "People whose name has changed."],
        "policy_changes": Annotated[list[str], "One sentence for each change of the policy."],
        "policy_from": Annotated[
            IsoTime | None, "When the changed policy comes into force; null if the policy is the same."
        ],
    },
)
"""What differs between two schedules."""


class DryRunView(DiffView):
    """What publishing a plan would change, and the gaps that it would leave."""

    gaps: Annotated[list[GapView], "Future on-call time in which no engineer would have a role."]


def dry_run_view(found: Difference, now: datetime) -> DryRunView:
    """Return what a publication would change as JSON. now: aware UTC."""
    after = found.after.schedule
    return {**diff_view(found), "gaps": [gap_view(gap, after) for gap in gaps_from(after, now)]}


def diff_view(found: Difference) -> DiffView:
    """Return a difference as JSON. Times are in the policy zone of its second side."""
    zone = found.after.policy.zone
    policy_from = found.policy_from
    return {
        "from": _side(found.before),
        "to": _side(found.after),
        "changes": [_hands(change, found) for change in found.shifts],
        "people_added": [_person(each) for each in found.people.added],
        "people_gone": [_person(each) for each in found.people.gone],
        "phones": [
            {"engineer": new.id, "from": masked_phone(old.phone), "to": masked_phone(new.phone)}
            for old, new in found.people.phones
        ],
        "names": [{"engineer": new.id, "from": old.name, "to": new.name} for old, new in found.people.names],
        "policy_changes": list(found.policy_changes),
        "policy_from": policy_from.astimezone(zone).isoformat(timespec="seconds") if policy_from is not None else None,
    }


def _side(side: Side) -> SideView:
    return {"name": side.name, "version": side.version}


def _hands(change: AssignmentChange, found: Difference) -> HandsView:
    zone = found.after.policy.zone
    return {
        "engineer": change.engineer,
        "gained": [assignment_view(turn, zone) for turn in change.gained],
        "lost": [assignment_view(turn, zone) for turn in change.lost],
    }


def _person(person: Person) -> PersonView:
    return {"engineer": person.id, "name": person.name}
