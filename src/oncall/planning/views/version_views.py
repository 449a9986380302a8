"""New versions of the schedule as JSON objects, for `--json` and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from oncall.planning.posted.carry_out import CarriedOut, Published
from oncall.planning.published.publish_plan import gaps_from
from oncall.planning.published.schedule_diff import of_version
from oncall.planning.published.schedule_version import AppendedVersion
from oncall.planning.views.diff_view import ChangedTextView, HandsView, PersonView, diff_view
from oncall.rosters.roster import SHADOW
from oncall.schedule.schedule_view_types import GapView
from oncall.schedule.schedule_views import gap_view
from oncall.support.json_types import IsoTime

NO_PLAN = "no plan is published now, so nobody is on call; `oncall publish` one"


class NewVersionView(TypedDict):
    """A new version of the schedule, and its changes."""

    version: Annotated[int, "The number of the new version."]
    kind: Annotated[str, "`publication`, `override`, `swap`, `cover`, `away` or `undo`."]
    by: Annotated[str, "The author."]
    timezone: Annotated[str, "The policy's zone."]
    changes: Annotated[list[HandsView], "The shifts that each engineer gains and loses."]
    people_added: list[PersonView]
    people_gone: list[PersonView]
    phones: Annotated[list[ChangedTextView], "People whose number has changed; numbers show their last digits."]
    names: Annotated[list[ChangedTextView], "People whose name has changed."]
    policy_changes: Annotated[list[str], "One sentence for each change of the policy."]
    policy_from: Annotated[IsoTime | None, "When the changed policy comes into force; null if the policy is the same."]
    warnings: Annotated[list[str], "The rules that a forced change breaks, and what else needs attention."]
    gaps: Annotated[list[GapView], "Future on-call time in which no engineer has a role."]
    told: Annotated[list[str], "Ids of the engineers who get an SMS, because the change is within 48 hours."]


class ChangeView(NewVersionView):
    """A change of the schedule that was made."""

    start: Annotated[IsoTime, "When the change takes effect: not before it was made."]
    end: Annotated[IsoTime, "Exclusive."]


class PublicationView(NewVersionView):
    """A plan that was published."""

    team: str
    shifts: int
    seats: Annotated[int, "The seats that engineers cover: one for each role of each shift."]
    shadow_seats: Annotated[int, "The seats of newcomers who only accompany a shift; `seats` does not count them."]


def change_view(carried: CarriedOut, now: datetime) -> ChangeView:
    """Return a change of the schedule that was made, as JSON. now: aware UTC."""
    made, zone = carried.made.version, carried.made.version.after.calendar.zone
    start = max(made.span.start, now.replace(microsecond=0))
    return {
        **_new_version(made, now, warnings=carried.made.warnings, told=carried.told),
        "start": start.astimezone(zone).isoformat(),
        "end": made.span.end.astimezone(zone).isoformat(),
    }


def publication_view(published: Published, now: datetime) -> PublicationView:
    """Return a plan that was published, as JSON. now: aware UTC."""
    sound, made = published.sound, published.made
    shadows = sum(1 for seat in sound.plan.seats if seat.role == SHADOW)
    return {
        **_new_version(made, now, warnings=published.warnings, told=published.told),
        "team": sound.roster.team,
        "shifts": len({seat.window for seat in sound.plan.seats}),
        "seats": len(sound.plan.seats) - shadows,
        "shadow_seats": shadows,
    }


def _new_version(
    made: AppendedVersion, now: datetime, *, warnings: tuple[str, ...], told: tuple[str, ...]
) -> NewVersionView:
    note = next(each for each in made.after.log if each.version == made.number)
    found = diff_view(of_version(made))
    return {
        "version": made.number,
        "kind": note.kind,
        "by": note.by,
        "timezone": made.after.calendar.zone.key,
        "changes": found["changes"],
        "people_added": found["people_added"],
        "people_gone": found["people_gone"],
        "phones": found["phones"],
        "names": found["names"],
        "policy_changes": made.policy_changes(),
        "policy_from": found["policy_from"],
        "warnings": [*warnings, *([NO_PLAN] if made.after.latest is None else [])],
        "gaps": [gap_view(gap, made.after) for gap in gaps_from(made.after, now)],
        "told": list(told),
    }
