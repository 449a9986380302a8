"""Checks the author whom `--by` names for a change in the database of this machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from oncall.errors import NotFound

if TYPE_CHECKING:
    from oncall.schedule.schedule import Schedule


def check_author(by: str, schedule: Schedule, people: Collection[str] = ()) -> None:
    """Raise NotFound if `by` is nobody on a published roster or in `people`: a typing error must not enter the history.

    people: ids of the engineers and the manager of a roster that is about to be published. Before the first publication
    and without `people`, every name passes, because the change itself is then refused.
    """
    from oncall.suggestions import suggestion

    known = {*schedule.people, *people}
    if known and by not in known:
        raise NotFound(f'--by: nobody on the roster has the id "{by[:40]}"; {suggestion(by, sorted(known))}')
