"""Reads numbers from hidden fields of forms."""

from __future__ import annotations

from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.web.pages.frame.door import PostedForm


def version_in(posted: PostedForm, field: str) -> int:
    """Return the version of the schedule in a hidden field. Raises FieldFaults if it is missing."""
    text = posted.fields.get(field, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise FieldFaults([FieldFault(field, "is missing; open the page again and send the form from there")])
    return int(text)
