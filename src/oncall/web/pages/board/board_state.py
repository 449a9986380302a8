"""What the board's table shows, as its address says: the first day, the number of weeks, and the engineer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.suggestions import suggestion
from oncall.support.likely_days import day_advice

WEEKS = (4, 13, 52)
LIVE_PATH = "/board/live"
_FIRST, _LAST = date(2000, 1, 3), date(2197, 12, 31)


@dataclass(frozen=True, slots=True)
class BoardState:
    """What the board's table shows. person: the id of the engineer whose row is shown; None: all rows."""

    first: date
    weeks: int
    person: str | None

    @property
    def url(self) -> str:
        """Return the address of a board with this table."""
        return f"/board?{self._query}"

    @property
    def live_url(self) -> str:
        """Return the address from which the script of this board loads the changed parts."""
        return f"{LIVE_PATH}?{self._query}"

    @property
    def _query(self) -> str:
        fields = {"from": self.first.isoformat(), "weeks": str(self.weeks)}
        return urlencode(fields | ({"person": self.person} if self.person is not None else {}))

    @property
    def last(self) -> date:
        """Return the last day of the table."""
        return self.first + timedelta(days=7 * self.weeks - 1)

    def moved(self, steps: int) -> BoardState:
        """Return the state with a first day that is `steps` whole tables later; earlier if `steps` is negative."""
        return replace(self, first=self.first + timedelta(weeks=self.weeks * steps))

    def of_weeks(self, weeks: int) -> BoardState:
        """Return the state with another number of weeks."""
        return replace(self, weeks=weeks)

    def of_person(self, person: str | None) -> BoardState:
        """Return the state with one engineer's row, or with all rows."""
        return replace(self, person=person)


def asked_state(query: Mapping[str, str], people: Iterable[str], today: date) -> BoardState:
    """Return the state that a query names. today: the first day of the table if the query names none.

    Raises FieldFaults with every field that cannot be used.
    """
    faults: list[FieldFault] = []
    first, weeks, person = today, WEEKS[0], query.get("person") or None
    if text := query.get("from"):
        try:
            first = date.fromisoformat(text)
        except ValueError:
            faults.append(FieldFault("from", f"{shown(text)} {day_advice(text)}"))
        if not _FIRST <= first <= _LAST:
            faults.append(FieldFault("from", f"write a date from {_FIRST} to {_LAST}"))
    if text := query.get("weeks"):
        if text in map(str, WEEKS):
            weeks = int(text)
        else:
            faults.append(FieldFault("weeks", "write 4, 13 or 52"))
    known = sorted(people)
    if person is not None and person not in known:
        words = f"{shown(person)} is on no published roster"
        faults.append(FieldFault("person", f"{words}; {suggestion(person, known)}", f"{words}; choose from the board"))
    if faults:
        raise FieldFaults(faults)
    return BoardState(first, weeks, person)
