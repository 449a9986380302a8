"""The versions of the schedule in the form in which a server sends them to a planner, without contact data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

from oncall.errors import StoreError
from oncall.schedule.change_document import PUBLISH
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import VersionRow, calendar_in, publications_in_force, schedule_from_rows
from oncall.support.json_types import IsoTime
from oncall.support.phones import masked_phone


class SharedVersion(TypedDict):
    """One version of the schedule, with its document."""

    version: int
    at: Annotated[IsoTime, "When it was made."]
    kind: Annotated[str, "`publish`, `override`, `swap`, `cover`, `away` or `undo`."]
    by: Annotated[str, "The person who made it."]
    reason: str
    document: Annotated[
        dict[str, Any], "As stored. Phone numbers are masked; email addresses and days off are left out."
    ]


class SharedVersions(TypedDict):
    """Every version of the schedule, with its document, the oldest first."""

    versions: list[SharedVersion]


def shared_versions(rows: Sequence[VersionRow]) -> SharedVersions:
    """Return the versions in a form from which `schedule_of_shared` builds the schedule on another machine.

    Phone numbers are masked; email addresses and days off are left out.
    """
    return {
        "versions": [
            {
                "version": row.version,
                "at": row.at.isoformat(),
                "kind": row.kind,
                "by": row.by,
                "reason": row.reason,
                "document": _without_contacts(row.document) if row.kind == PUBLISH else dict(row.document),
            }
            for row in rows
        ]
    }


def schedule_of_shared(shared: SharedVersions, version: int | None = None) -> Schedule | None:
    """Build the schedule from the versions; None if no publication is in force.

    version: later versions are left out; None to use all. Raises StoreError for versions that cannot be read.
    """
    try:
        rows = [
            VersionRow(
                int(each["version"]),
                datetime.fromisoformat(each["at"]).astimezone(UTC),
                each["kind"],
                each["by"],
                each["reason"],
                each["document"],
            )
            for each in shared["versions"]
            if version is None or int(each["version"]) <= version
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise StoreError("the server's schedule cannot be read; is it another version of oncall?") from error
    in_force = publications_in_force(rows)
    return schedule_from_rows(rows, calendar_in(in_force[-1])) if in_force else None


def _without_contacts(document: Mapping[str, Any]) -> dict[str, Any]:
    manager = document["manager"]
    return {
        **document,
        "people": [_masked(person) for person in document["people"]],
        "manager": _masked(manager) if manager is not None else None,
    }


def _masked(person: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: person[name] for name in ("id", "name", "timezone", "workload") if name in person}
    return {**kept, "phone": masked_phone(person["phone"]), "email": None}
