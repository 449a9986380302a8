"""The author that `--by` names for a change in the database of this machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from oncall.errors import NotFound

if TYPE_CHECKING:
    from oncall.schedule.schedule import Schedule


def check_author(by: str, schedule: Schedule, people: Collection[str] = ()) -> None:
    """Raise NotFound if `--by` names no one on a published roster or among `people`: typos must not enter the history.

    people: ids of the engineers and the manager of a roster that is about to be published. Without them, before the
    first publication, every name passes, because the change itself is refused then.
    """
    from oncall.suggestions import suggestion

    known = {*schedule.people, *people}
    if known and by not in known:
        raise NotFound(f'--by: nobody on the roster has the id "{by[:40]}"; {suggestion(by, sorted(known))}')
