"""The texts of refusals on web pages. They name people, dates and the labels of fields, because a person reads them."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.errors import OncallError
from oncall.paging.actions.field_faults import FieldFault, FieldFaults

INCOMPLETE = "the form does not fit its page any more; open the page again and send the form from there"
TOO_LARGE = "what you sent is too large, so nothing was stored; shorten it, or choose a smaller file"
PAGE_IN_DOUBT = (
    "the connection to the database was lost, so this may be stored or not; "
    "open the page again and look before you send it again"
)
_LABELS: Mapping[str, str] = {
    "reason": "Reason",
    "why": "Note or reason",
    "message": "Message",
    "from": "From",
    "to": "To",
    "into": "Into the ticket",
    "impact": "Impact",
    "start": "Start",
    "end": "End",
    "weeks": "Weeks",
    "seconds": "Time to search",
    "plan": "Plan",
    "roster": "Roster",
    "policy": "Policy",
    "customers": "Customers file",
    "status": "Status file",
    "title": "Title",
    "at": "Since",
    "started_at": "It really began",
    "announced_at": "It was announced",
    "components": "Components",
    "person": "Engineer",
}
"""The labels of the fields that people fill in, by the field's name. Other fields are hidden or chosen from a list."""


_TITLES: Mapping[int, str] = {
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    409: "Nothing was changed",
    412: "The schedule has changed",
    413: "Too large",
    422: "Nothing was changed",
    429: "Too many requests",
    503: "Try again soon",
}
"""The headings of refusals by HTTP status."""


def title_of(status: int, method: str) -> str:
    """Return the heading of a refusal with this HTTP status. method: the HTTP method of the request."""
    if status == 422 and method == "GET":
        return "There is no such page"
    return _TITLES.get(status, "This did not work")


def page_words(refusal: OncallError) -> str:
    """Return the text of a refusal for a web page, on one line."""
    return "; ".join(page_lines(refusal))


def page_lines(refusal: OncallError) -> list[str]:
    """Return the lines of a refusal for a web page: the error's `on_page`, or else its message, without repeats."""
    if isinstance(refusal, FieldFaults):
        return list(dict.fromkeys(map(_field_words, refusal.faults)))
    return (refusal.on_page or str(refusal)).splitlines()


def _field_words(fault: FieldFault) -> str:
    label = _LABELS.get(fault.field)
    return f"{label}: {fault.on_page or fault.message}" if label is not None else INCOMPLETE
