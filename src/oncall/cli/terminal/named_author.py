"""Checks the author whom `--by` names for a change in the database of this machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from oncall.errors import NotFound

if TYPE_CHECKING:
    from oncall.schedule.schedule import Schedule


def check_author(by: str, schedule: Schedule, people: Collection[str] = ()) -> None:
    """Raise NotFound if neither a published roster nor `people` has the id `by`.

    So no misspelled id enters the history. people: ids of the engineers and the manager of a roster that is about to be
    published. If nothing is published and `people` is empty, every id is accepted here; the change is refused later,
    because there is no schedule.
    """
    from oncall.suggestions import suggestion

    known = {*schedule.people, *people}
    if known and by not in known:
        raise NotFound(f'--by: nobody on the roster has the id "{by[:40]}"; {suggestion(by, sorted(known))}')
