"""A changed copy of a frozen row equals the copy that `dataclasses.replace` makes, and faults are refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace
from datetime import UTC, datetime

import pytest

from oncall.paging.domain.events import Replied
from oncall.paging.domain.ticket_state import TicketState
from oncall.support.changed_row import changed

AT = datetime(2027, 1, 9, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (TicketState("gold", "outage"), {}),
        (TicketState("gold", "outage", paged=("ana",)), {"owner": "ana", "taken_at": AT}),
        (Replied("T-1", AT, "ana", "replied", "m1"), {"seq": 7}),
    ],
)
def test_a_changed_copy_is_the_copy_that_replace_makes(row: TicketState | Replied, changes: dict[str, object]) -> None:
    before = replace(row)
    found = changed(row, **changes)
    assert found == replace(row, **changes)  # type: ignore[arg-type]
    assert type(found) is type(row)
    assert row == before


def test_the_copy_is_frozen_as_the_row_is() -> None:
    with pytest.raises(FrozenInstanceError):
        changed(TicketState("gold", "outage"), owner="ana").owner = "bob"  # type: ignore[misc]


def test_a_field_that_the_class_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="TicketState has no field 'ownr'"):
        changed(TicketState("gold", "outage"), ownr="ana")


@dataclass(frozen=True, slots=True)
class Checked:
    """A class that checks its fields when it is made."""

    number: int

    def __post_init__(self) -> None:
        """Refuse a negative number."""
        if self.number < 0:
            raise ValueError("negative")


@dataclass(frozen=True)
class Open:
    """A class without slots."""

    number: int


@pytest.mark.parametrize("row", [Checked(1), Open(1)])
def test_a_class_that_a_plain_copy_could_make_wrong_is_refused(row: Checked | Open) -> None:
    with pytest.raises(TypeError, match="is not a plain dataclass with slots"):
        changed(row, number=-1)
