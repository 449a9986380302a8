"""Forms with files: what browsers send is read, and everything else is refused."""

from __future__ import annotations

import pytest

from oncall.paging.actions.field_faults import FieldFaults
from oncall.planning.posted.uploaded_files import UploadedFile
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.web.pages.frame.upload_form import form_of


def part(name: str, content: bytes, more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"


def test_fields_and_files_are_read_with_the_names_that_browsers_send() -> None:
    body = part("id", b"abc") + part(
        "plan", b"\xef\xbb\xbfstart\r\n--not a boundary", '; filename="C:\\x\\pl\u202ean.csv"'
    )
    form = form_of(body + part("roster", b"", '; filename=""') + b"--b--\r\n", b"b")
    assert form.fields == {"id": "abc"}
    assert form.files == {"plan": UploadedFile("pl an.csv", "start\r\n--not a boundary")}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, INCOMPLETE),
        (b"--b", 400, INCOMPLETE),
        (part("id", b"abc"), 400, INCOMPLETE),
        (b"x" + part("id", b"abc") + b"--b--", 400, INCOMPLETE),
        (b"--b\r\nno head\r\n\r\n1\r\n--b--", 400, INCOMPLETE),
        (part("id", b"1") * 2 + b"--b--", 400, INCOMPLETE),
        (
            b"".join(part("a" * n, b"") for n in range(1, 40)) + part("id", b"") * 9 + b"--b--",
            400,
            INCOMPLETE,
        ),
        (part("id", b"1" * 1001) + b"--b--", 413, "a text of the form is longer than 1000 bytes; shorten it"),
    ],
)
def test_a_body_that_is_no_form_is_refused(body: bytes, status: int, words: str) -> None:
    with pytest.raises(ProblemDocument) as refused:
        form_of(body, b"b")
    assert (refused.value.status, refused.value.detail[: len(words)]) == (status, words)


def test_a_file_that_is_not_text_is_refused_by_its_field() -> None:
    with pytest.raises(FieldFaults, match=r"^plan: is not UTF-8 text; choose a text file, saved as UTF-8$"):
        form_of(part("plan", b"PK\x03\x04\xff\xfe", '; filename="plan.xlsx"') + b"--b--", b"b")
