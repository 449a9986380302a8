"""Reads a form with files (multipart/form-data), of at most 4 MiB, into text fields and UTF-8 files."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import Request

from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.domain.quoted_text import clean
from oncall.planning.posted.posted_publication import LONGEST_NAME
from oncall.planning.posted.uploaded_files import UploadedFile
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_bodies import LARGEST_PLAN, raw_body
from oncall.web.pages.frame.page_refusals import INCOMPLETE

_MOST_PARTS = 40
_LONGEST_FIELD = 1000
_MEDIA = re.compile(r'multipart/form-data; *boundary="?([A-Za-z0-9\'()+_,./:=?-]{1,70})"?', re.IGNORECASE)
_NAMED = re.compile(
    rb'content-disposition: *form-data; *name="([a-z_]{1,40})"(?:; *filename="([^"\r\n]*)")?', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form with files. fields: the value of each text field. files: by field; a file without a name is left out."""

    fields: dict[str, str]
    files: dict[str, UploadedFile]


async def upload_form(request: Request) -> UploadForm:
    """Return the form in a request.

    Raises ProblemDocument: 400 if the body is not such a form or has a field twice, 413 if it is too large. Raises
    FieldFaults for a file that is not UTF-8.
    """
    media = _MEDIA.fullmatch(request.headers.get("content-type", "").strip())
    if media is None:
        raise ProblemDocument(400, INCOMPLETE)
    return form_of(await raw_body(request, LARGEST_PLAN), media[1].encode())


def form_of(raw: bytes, boundary: bytes) -> UploadForm:
    """Return the form in a body. boundary: the separator of its parts. Raises the same errors as `upload_form`."""
    first, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary, _MOST_PARTS + 1)
    if first or not parts or not parts.pop().startswith(b"--"):
        raise ProblemDocument(400, INCOMPLETE)
    form, faults = UploadForm({}, {}), []
    for part in parts:
        head, blank, content = part.partition(b"\r\n\r\n")
        named = next(filter(None, map(_NAMED.match, head.split(b"\r\n"))), None)
        if not blank or named is None:
            raise ProblemDocument(400, INCOMPLETE)
        field, filename = named[1].decode(), named[2]
        if field in form.fields or field in form.files:
            raise ProblemDocument(400, INCOMPLETE)
        try:
            _add(form, field, filename, content)
        except UnicodeDecodeError:
            faults.append(FieldFault(field, "is not UTF-8 text; choose a text file, saved as UTF-8"))
    if faults:
        raise FieldFaults(faults)
    return form


def _add(form: UploadForm, field: str, filename: bytes | None, content: bytes) -> None:
    """Add one part of the body to the form. filename: None for a text field.

    Raises UnicodeDecodeError, and ProblemDocument for a text field that is too long.
    """
    if filename is None:
        if len(content) > _LONGEST_FIELD:
            raise ProblemDocument(413, f"a text of the form is longer than {_LONGEST_FIELD} bytes; shorten it")
        form.fields[field] = content.decode()
        return
    # A browser sends an empty name for a file that was not chosen. Some send the file's folder, too.
    name = clean(re.split(r"[/\\]", filename.decode("utf-8", "replace"))[-1])[:LONGEST_NAME]
    if name:
        form.files[field] = UploadedFile(name, content.decode("utf-8-sig"))
