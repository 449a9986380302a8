"""New versions of the schedule as JSON objects, for `--json` and the API."""

from __future__ import annotations

from oncall.planning.change_schedule import ChangeMade
from oncall.planning.publish_plan import PublishablePlan
from oncall.planning.schedule_diff import of_version
from oncall.planning.schedule_version import AppendedVersion
from oncall.planning.views.diff_view import diff_view
from oncall.schedule.schedule_views import assignment_view


def publication_view(sound: PublishablePlan, made: AppendedVersion) -> dict[str, object]:
    """Return a publication as JSON, with the shifts that each engineer gains and loses, and the people who changed."""
    found = diff_view(of_version(made))
    return {
        "version": made.number,
        "team": sound.roster.team,
        "shifts": len({seat.window for seat in sound.plan.seats}),
        "seats": len(sound.plan.seats),
        "changes": _changes_view(made),
        "people_added": found["people_added"],
        "people_gone": found["people_gone"],
        "phones": found["phones"],
        "names": found["names"],
        "policy_changes": made.policy_changes(),
        "policy_from": found["policy_from"],
    }


def change_view(made: ChangeMade) -> dict[str, object]:
    """Return a change as JSON, with the shifts that each engineer gains and loses and the rules that it breaks."""
    return {
        "version": made.version.number,
        "changes": _changes_view(made.version),
        "warnings": list(made.warnings),
    }


def _changes_view(made: AppendedVersion) -> list[dict[str, object]]:
    zone = made.after.calendar.zone
    return [
        {
            "engineer": change.engineer,
            "gained": [assignment_view(turn, zone) for turn in change.gained],
            "lost": [assignment_view(turn, zone) for turn in change.lost],
        }
        for change in made.changes()
    ]
