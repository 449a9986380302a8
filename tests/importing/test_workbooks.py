"""Workbooks: typed dates, several sheets, and files that are too large once they are unpacked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from oncall.errors import FileFaults, Refused
from oncall.importing.options import ImportOptions
from tests.importing.conftest import Imported, left_out, seats

Rows = Sequence[Sequence[object]]
ROTA: Rows = [["date", "primary", "secondary"], [date(2027, 1, 4), "ana", "ben"]]


def workbook(**sheets: Rows) -> bytes:
    """The bytes of a workbook with these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_typed_dates_need_no_order_and_rows_have_the_numbers_of_the_sheet(imported: Imported) -> None:
    found = imported(
        "rota.xlsx", workbook(rota=[*ROTA, [], [datetime.fromisoformat("2027-05-03"), "Ana Pereira", "bob"]])
    )
    assert seats(found) == ["01-04 primary ana", "01-04 secondary ben", "05-03 primary ana"]
    assert [line.partition(";")[0] for line in left_out(found)] == ['row 4, secondary: "bob" is not on the roster']


def test_typed_times_are_local_times_of_the_roster(imported: Imported) -> None:
    times = [datetime.fromisoformat(each) for each in ("2027-01-04T19:01", "2027-01-05T08:00")]
    rows: Rows = [["start", "end", "primary"], [*times, "ana"]]
    assert seats(imported("rota.xlsx", workbook(rota=rows))) == ["01-04 primary ana"]


def test_the_one_sheet_with_a_rota_is_read_and_named(imported: Imported) -> None:
    found = imported("rota.xlsx", workbook(people=[["who", "phone"], ["ana", "1"]], rota=ROTA))
    assert found.notes == ('the sheet "rota" is read, of people, rota',)
    assert seats(found) == ["01-04 primary ana", "01-04 secondary ben"]


def test_of_two_sheets_with_a_rota_the_caller_names_one(imported: Imported) -> None:
    later: Rows = [ROTA[0], [date(2027, 4, 5), "ben", "ana"]]
    content = workbook(winter=ROTA, spring=later)
    with pytest.raises(Refused, match=r"the sheets winter, spring all have a rota; say which one: --sheet winter"):
        imported("rota.xlsx", content)
    found = imported("rota.xlsx", content, ImportOptions(sheet="Spring"))
    assert seats(found) == ["04-05 primary ben", "04-05 secondary ana"]
    with pytest.raises(Refused, match=r'no sheet "sprang" has rows; did you mean "spring"[?]'):
        imported("rota.xlsx", content, ImportOptions(sheet="sprang"))


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(imported: Imported) -> None:
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/{number}.xml", b" " * (30 * 1024 * 1024))
    assert len(content.getvalue()) < 200_000
    with pytest.raises(FileFaults, match=r"rota[.]xlsx: unpacks to more than 64 MiB, the most that is read"):
        imported("rota.xlsx", content.getvalue())


def test_an_archive_that_is_no_workbook_is_refused(imported: Imported) -> None:
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(
        FileFaults, match=r"rota[.]xlsx: cannot be read as an XLSX workbook \(KeyError\); save it again"
    ):
        imported("rota.xlsx", content.getvalue())


def test_a_row_far_below_the_others_is_refused_as_too_many_rows(imported: Imported) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in ROTA:
        sheet.append(list(row))
    sheet.cell(row=1_048_576, column=16_384, value="x")
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(FileFaults, match=r"rota[.]xlsx: has more than 20,000 rows, the most that are read; split it"):
        imported("rota.xlsx", content.getvalue())
