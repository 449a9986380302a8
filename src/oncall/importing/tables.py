"""The rows of a spreadsheet file, as text: CSV with commas, semicolons or tabs, and XLSX. Both are read with limits."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from oncall.errors import Fault, FileFaults
from oncall.text_files import MIB, read_text

MOST_MIB = 8
MOST_UNPACKED_MIB = 64
MOST_ROWS = 20_000
MOST_CELLS = 50
"""Cells of a row beyond this number are not read."""
MOST_SHEETS = 20
_MOST_LETTERS = 300
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table that are not empty, each with its number, from 1. name: of the sheet; empty for CSV."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def csv_tables(path: Path) -> list[Table]:
    """Return the tables of a CSV file: one for each separator that the file may use (commas, semicolons, tabs).

    Raises FileFaults for a file that is not UTF-8, not CSV or too large.
    """
    text = read_text(path, most_mib=MOST_MIB)
    found = []
    for delimiter in _DELIMITERS:
        if delimiter in text or delimiter == ",":
            found.append(Table("", tuple(_limited(path, _csv_rows(path, text, delimiter)))))
    return found


def _csv_rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[str, ...]]:
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield tuple(cells[:MOST_CELLS])
    except csv.Error as error:
        raise _fault(path, f"is not CSV: {error}") from None


def _limited(path: Path, rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the rows that are not empty, with their numbers from 1.

    Raises FileFaults if there are over MOST_ROWS rows.
    """
    for number, cells in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise _fault(path, f"has more than {MOST_ROWS:,} rows, the most that are read; split it")
        cut = tuple(" ".join(cell[:_MOST_LETTERS].split()) for cell in cells)
        is_mark = number == 1 and len(cut) <= 2 and cut[0].lower().startswith("sep=") if cut else False
        if any(cut) and not is_mark:
            yield number, cut


def xlsx_tables(path: Path) -> list[Table]:
    """Return the visible sheets of a workbook that have at least one row. Raises FileFaults if it cannot be read."""
    from openpyxl import load_workbook

    content = _small_archive(path)
    try:
        # The library warns of what it does not keep, such as drop-down lists; nothing of that is read here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if len(sheets) > MOST_SHEETS:
                raise _fault(path, f"has more than {MOST_SHEETS} sheets, the most that are read")
            tables = [Table(str(sheet.title), tuple(_limited(path, _sheet_rows(sheet)))) for sheet in sheets]
            book.close()
    except FileFaults:
        raise
    except Exception as error:
        raise _fault(path, f"cannot be read as an XLSX workbook ({type(error).__name__}); save it again") from error
    return [table for table in tables if table.rows]


def _small_archive(path: Path) -> bytes:
    """Return the bytes of a zip archive. Raises FileFaults if the file or its unpacked content is too large."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_MIB * MIB + 1)
    except FileNotFoundError:
        raise _fault(path, "there is no such file") from None
    except IsADirectoryError:
        raise _fault(path, "is a folder; name a file in it") from None
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}") from None
    if len(content) > MOST_MIB * MIB:
        raise _fault(path, f"is larger than {MOST_MIB} MiB, the most that is read")
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            # A reader of the archive stops at the sizes that are written in it.
            unpacked = sum(part.file_size for part in archive.infolist())
    # zipfile raises NotImplementedError for a compression or encryption that it cannot read.
    except (BadZipFile, ValueError, NotImplementedError):
        raise _fault(path, "is not an XLSX workbook; save it as .xlsx without a password, or as .csv") from None
    if unpacked > MOST_UNPACKED_MIB * MIB:
        raise _fault(path, f"unpacks to more than {MOST_UNPACKED_MIB} MiB, the most that is read")
    return content


def _sheet_rows(sheet: Any) -> Iterator[tuple[str, ...]]:
    # openpyxl's types do not say that this sheet has rows.
    for row in sheet.iter_rows(max_col=MOST_CELLS):
        yield tuple(_text_of(cell) for cell in row)


def _text_of(cell: Any) -> str:
    # openpyxl types a cell's value as anything.
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        # A spreadsheet keeps a time as a fraction of a day, so it may be off by a part of a second.
        whole = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        has_clock = "h" in str(cell.number_format).lower() or (whole.hour, whole.minute, whole.second) != (0, 0, 0)
        return whole.isoformat(sep=" ") if has_clock else whole.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _fault(path: Path, message: str) -> FileFaults:
    return FileFaults([Fault(str(path), 0, 0, "", message)])
