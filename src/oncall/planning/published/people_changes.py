"""Finds the people whom a new publication adds, drops or renames, and those whose phone number it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Person, Publication


@dataclass(frozen=True, slots=True)
class PeopleChanges:
    """The people who differ between two publications, in order of id.

    phones, names: for each person whose phone or name differs, the person before and after.
    """

    added: tuple[Person, ...] = ()
    gone: tuple[Person, ...] = ()
    phones: tuple[tuple[Person, Person], ...] = ()
    names: tuple[tuple[Person, Person], ...] = ()


def people_changes(before: Schedule, after: Schedule) -> PeopleChanges:
    """Return how the people of the latest publication in `after` differ from those in `before`.

    Nothing is listed if either schedule has no publication.
    """
    if before.latest is None or after.latest is None:
        return PeopleChanges()
    old, new = _by_id(before.latest), _by_id(after.latest)
    both = [(old[name], new[name]) for name in sorted(old.keys() & new.keys())]
    return PeopleChanges(
        added=tuple(new[name] for name in sorted(new.keys() - old.keys())),
        gone=tuple(old[name] for name in sorted(old.keys() - new.keys())),
        phones=tuple(pair for pair in both if pair[0].phone != pair[1].phone),
        names=tuple(pair for pair in both if pair[0].name != pair[1].name),
    )


def _by_id(publication: Publication) -> Mapping[str, Person]:
    manager = publication.manager
    return {**publication.people, **({manager.id: manager} if manager is not None else {})}
