"""The load of the engineers: pages, nights woken, and nights in a row, as table, JSON, CSV and page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall

from .shop import Shop

SPAN = ("--from", "2027-02-01", "--to", "2027-02-28")


@pytest.fixture
def loaded(oncall: Oncall, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """The command line on the shop's database in July: ana was paged in four nights and once in an evening."""
    monkeypatch.setenv("ONCALL_DATABASE_URL", shop.url)
    monkeypatch.setenv("ONCALL_CLOCK", "2027-07-01T00:00:00+00:00")
    for name, when in (("A", "09 03:12"), ("B", "10 03:12"), ("C", "10 23:30"), ("D", "20 21:00"), ("E", "21 03:00")):
        shop.ticket(name, f"2027-02-{when}", "3 acknowledged, 30 resolved")
    shop.ticket("F", "2027-02-24 03:00", "12 acknowledged by ben, 30 resolved by ben")
    shop.ticket("G", "2027-03-24 03:00", "3 acknowledged, 30 resolved")
    return oncall


def test_the_table_says_who_was_woken_how_often(loaded: Oncall) -> None:
    ran = loaded("report", "load", *SPAN)
    assert (ran.code, ran.err) == (0, "")
    summary, _, header, ana, ben, _, words = ran.out.splitlines()
    assert summary == ("Load of the engineers, 2027-02-01 to 2027-02-28 (America/New_York): 8 pages for 6 tickets.")
    assert header.split("  ")[0] == "engineer"
    assert ana.split() == ["ana", "7", "6", "6", "5", "3", "462.7", "2027-02-20", "(2)"]
    assert ben.split() == ["ben", "1", "1", "1", "1", "1", "462.7", "2027-02-23", "(1)"]
    assert words == "At night is from 23:00 to 06:00; a night belongs to the date on which it begins."


def test_json_has_every_night(loaded: Oncall) -> None:
    view = json.loads(loaded("report", "load", *SPAN, "--json").out)
    assert (view["pages"], view["tickets"], view["timezone"]) == (8, 6, "America/New_York")
    ana = view["engineers"][0]
    assert (ana["engineer"], ana["nights_woken"], ana["longest_run"]) == ("ana", 5, 3)
    assert ana["nights"][0] == {"night": "2027-02-08", "pages": 1, "at_night": 1}


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("csv", "engineer,night,pages,at_night\nana,2027-02-08,1,1\n"), ("json", "{\n"), ("html", "<!doctype html>")],
)
def test_the_report_goes_to_a_file_of_each_kind(loaded: Oncall, tmp_path: Path, suffix: str, start: str) -> None:
    path = tmp_path / f"load.{suffix}"
    ran = loaded("report", "load", *SPAN, "--output", path)
    assert (ran.code, ran.out, ran.err) == (0, "", f"written to {path}\n")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(start)
    if suffix == "html":
        assert "ana, 2027-02-20: 2 pages, 1 at night" in text
        assert "<script" not in text


def test_a_notice_to_the_desk_is_no_page_of_an_engineer(loaded: Oncall, shop: Shop) -> None:
    shop.ticket("H", "2027-04-14 10:00", "17 acknowledged, 30 resolved")
    view = json.loads(loaded("report", "load", "--from", "2027-04-14", "--to", "2027-04-14", "--json").out)
    assert [(each["engineer"], each["pages"], each["at_night"]) for each in view["engineers"]] == [
        ("ana", 1, 0), ("ben", 0, 0),
    ]  # fmt: skip


def test_a_span_without_pages_says_so(loaded: Oncall) -> None:
    out = loaded("report", "load", "--from", "2027-05-01", "--to", "2027-05-02").out
    assert out.startswith("Load of the engineers, 2027-05-01 to 2027-05-02 (America/New_York): 0 pages for 0 tickets.")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (("2027-01-01", "2028-01-02"), "2027-01-01 to 2028-01-02 is longer than 366 days; ask for a year at most"),
        (
            ("2027-02-01", "2027-01-01"),
            "2027-01-01 lies before 2027-02-01; name the first date with --from and the last with --to",
        ),
    ],
)
def test_dates_that_cannot_be_reported_are_refused(loaded: Oncall, span: tuple[str, str], words: str) -> None:
    ran = loaded("report", "load", "--from", span[0], "--to", span[1])
    assert (ran.code, ran.out, ran.err) == (1, "", f"oncall: {words}\n")
