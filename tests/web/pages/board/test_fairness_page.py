"""The page about fairness: loads against shares, ledger, proof, requests, and a link to each shift."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from oncall.planning.views.fairness_view import fairness_view
from oncall.schedule.plan import Load
from oncall.support.windows import WindowKind
from oncall.web.pages.board.load_bars import load_bars
from tests.paging.world import SATURDAY_NIGHT
from tests.web.browser import Browser
from tests.web.service import Service

PATH = "/board/fairness"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("fairness"), is_roster_published=True) as service:
        yield service


@pytest.fixture(scope="module")
def shown(board: Service) -> BeautifulSoup:
    with Browser(board) as browser:
        browser.sign_in("ana")
        return browser.page(PATH)


def rows(page: BeautifulSoup, label: str) -> list[list[str]]:
    table = page.select_one(f'[aria-label="{label}"]')
    assert isinstance(table, Tag), label
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]


def test_the_title_names_the_last_date_on_duty_not_the_last_start(shown: BeautifulSoup) -> None:
    """The last shift is the weekend from Friday 2 April to Sunday 4 April."""
    title = shown.find("h1")
    assert title is not None
    assert title.get_text() == "Fairness, 2027-01-04 to 2027-04-04"


def test_loads_stand_beside_shares_as_bars_and_as_a_table(shown: BeautifulSoup) -> None:
    ana = next(row for row in rows(shown, "Loads of weekend") if row[:2] == ["Ana Pereira", "all roles"])
    assert int(ana[2]) == 13
    assert float(ana[4]) == pytest.approx(13 - float(ana[3]), abs=0.006)
    pictures = shown.find_all("svg")
    assert len(pictures) == len(shown.select("section"))
    for picture in pictures:
        named = [shown.find(id=name) for name in str(picture["aria-labelledby"]).split()]
        assert [each.name for each in named if isinstance(each, Tag)] == ["title", "desc"]
    assert "Ana Pereira 13, share" in str(shown.find("section", attrs={"aria-labelledby": "kind1"})) + shown.get_text()


def test_the_ledger_and_the_status_are_those_of_the_commands(board: Service, shown: BeautifulSoup) -> None:
    found = board.store.read(lambda tx: fairness_view(tx, SATURDAY_NIGHT))
    entries = found.ledger["entries"]
    assert isinstance(entries, list)
    assert [row[6] for row in rows(shown, "Ledger")] == [f"{each['balance']:+.3f}" for each in entries]
    for row in rows(shown, "Ledger"):
        done, planned, share, opening, balance = (Decimal(cell) for cell in row[2:7])
        # The printed figures add up. Balances are rounded so that those of a kind add up to 0.
        assert abs(opening + done + planned - share - balance) <= Decimal("0.002"), row
    api = board.call("GET", "/v1/plan/status").json()
    served = [[f"{each['served']:.3f}", f"{each['share']:.3f}"] for each in api["shares"]]
    assert [row[2:4] for row in rows(shown, "Served so far")] == served
    assert all(note in shown.get_text() for note in found.notes)


def test_unmet_requests_stand_there_with_their_reasons(board: Service, shown: BeautifulSoup) -> None:
    found = board.store.read(lambda tx: fairness_view(tx, SATURDAY_NIGHT))
    text = shown.get_text()
    for each in found.unmet:
        assert f"{each.day}: {each.asked}; {each.reason}" in text
    assert found.unmet or "Requests that are not met None." in " ".join(text.split())


def test_the_loads_download_as_csv_with_the_numbers_of_the_tables(board: Service, shown: BeautifulSoup) -> None:
    assert shown.select_one('a[href="/board/fairness.csv"][download]') is not None
    with Browser(board) as browser:
        browser.sign_in("ana")
        answer = browser.get("/board/fairness.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="fairness-[0-9-]{10}-[0-9-]{10}\.csv"', answer.headers["content-disposition"]
    )
    head, *lines = csv.reader(answer.text.splitlines())
    assert head == ["kind", "engineer", "role", "shifts", "share", "difference"]
    weekends = [[row[2].replace("all", "all roles"), *row[3:5]] for row in lines if row[0] == "weekend"]
    assert weekends == [row[1:4] for row in rows(shown, "Loads of weekend")]


def test_each_shift_to_come_leads_to_why(board: Service, shown: BeautifulSoup) -> None:
    links = [str(link["href"]) for link in shown.select("details a")]
    found = board.store.read(lambda tx: fairness_view(tx, SATURDAY_NIGHT))
    assert len(links) == len(found.to_come) > 100
    with Browser(board) as browser:
        browser.sign_in("ana")
        assert "Who could take it" in browser.get(links[0]).text


def test_a_plan_without_a_proof_says_so(shown: BeautifulSoup) -> None:
    assert "The published plan came without a proof." in shown.get_text()


def test_no_two_parts_of_the_page_have_the_same_name(shown: BeautifulSoup) -> None:
    names = [str(each["aria-label"]) for each in shown.select("[aria-label]")]
    ids = [str(each["id"]) for each in shown.select("[id]")]
    assert (len(set(names)), len(set(ids))) == (len(names), len(ids))


def test_a_name_in_a_picture_is_escaped() -> None:
    drawn = str(load_bars("<b>", [("<script>", {None: Load(WindowKind("weekend"), None, 2, -0.5)})], 0))
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "2 of -0.50" in drawn


def test_without_a_readable_roster_the_page_says_what_to_do(quiet: Service) -> None:
    with Browser(quiet) as browser:
        browser.sign_in("mei")
        answer = browser.get(PATH)
    assert answer.status_code == 422
    assert "cannot read the published roster; publish the plan again with its roster" in answer.text


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ('["optimal", 1236, 1236]', "it cost 1236, proven: no plan that keeps the rules costs less."),
        ('["feasible", 1236, 1200]', "it cost 1236; no plan that keeps the rules can cost less than 1200."),
    ],
)
def test_a_plan_with_a_proof_shows_it(tmp_path: Path, proof: str, words: str) -> None:
    service = Service(tmp_path, is_roster_published=True)
    with closing(sqlite3.connect(service.file)) as file, file:
        file.execute("UPDATE schedule_versions SET document = json_set(document, '$.proof', json(?))", [proof])
    with service, Browser(service) as browser:
        browser.sign_in("ana")
        assert f"When it was published {words}" in browser.get(PATH).text
