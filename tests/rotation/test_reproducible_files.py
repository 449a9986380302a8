"""The same roster, dates and seed give the same bytes in every file format, in any process and on any day.

Only a calendar file also holds the time at which it was written.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

ROSTER = Path(__file__).parents[2] / "rosters" / "itopia-cas.yaml"
TIMES = (b"DTSTAMP:", b"LAST-MODIFIED:", b"SEQUENCE:")
FORMATS = ("csv", "json", "ics", "html", "xlsx")
MAKE_ALL = """
import sys
from oncall.cli.main import main
roster, folder, *forms = sys.argv[1:]
for form in forms:
    asked = ["generate", roster, "--start", "2027-01-04", "--weeks", "5", "--seed", "3", "--no-history"]
    sys.argv = ["oncall", *asked, "--output", f"{folder}/plan.{form}"]
    try:
        main()
    except SystemExit as ending:
        assert not ending.code
"""


def made(folder: Path, **environment: str) -> dict[str, bytes]:
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONCALL_")}
    database = f"sqlite:///{folder / 'oncall.db'}"
    command = [sys.executable, "-c", MAKE_ALL, str(ROSTER), str(folder), *FORMATS]
    ran = subprocess.run(
        command,
        env={**kept, "ONCALL_DATABASE_URL": database, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return {form: (folder / f"plan.{form}").read_bytes() for form in FORMATS}


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return files from two processes with different hash seeds, time zones and clocks half a year apart."""
    folder = tmp_path_factory.mktemp("bytes")
    first = made(folder / "one", PYTHONHASHSEED="0", TZ="UTC", ONCALL_CLOCK="2026-12-01T00:00:00+00:00")
    other = made(folder / "two", PYTHONHASHSEED="4242", TZ="Pacific/Kiritimati", ONCALL_CLOCK="2027-05-01T00:00+00:00")
    return first, other


@pytest.mark.slow
@pytest.mark.parametrize("file_format", FORMATS)
def test_two_processes_at_different_times_write_the_same_bytes(
    file_format: str, twice: tuple[dict[str, bytes], dict[str, bytes]]
) -> None:
    one, other = (without_the_time_of_writing(files[file_format]) for files in twice)
    assert one == other


def without_the_time_of_writing(content: bytes) -> list[bytes]:
    """Return the lines of a file. A calendar says when it was written, so that a later one counts as newer."""
    return [line for line in content.split(b"\r\n") if not line.startswith(TIMES)]


@pytest.mark.slow
def test_a_spreadsheet_does_not_contain_the_time_it_was_written(
    twice: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(twice[0]["xlsx"])
    with ZipFile(path) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = load_workbook(path).properties
    starts = datetime(2027, 1, 5, 0, 1)  # noqa: DTZ001 - a spreadsheet knows no zones; this is UTC.
    assert (properties.creator, properties.created, properties.modified) == ("oncall", starts, starts)
