"""The board, the own page and a ticket's page: what they show, and who may see and do what."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from doubles.machine_pace import slowness
from oncall.planning.published.change_rules import roster_in_force
from oncall.planning.views.schedule_grid import schedule_grid
from oncall.schedule.versions import Piece
from oncall.web.pages.board.board_state import BoardState
from oncall.web.pages.frame.rendering import render
from tests.paging.world import MONDAY_MORNING, ticket_body
from tests.web.browser import Browser
from tests.web.service import Service

HOSTILE = "<script>alert(1)</script> \u202etxt.exe \x1b[31m \"'&"
SHOWN = "<script>alert(1)</script> txt.exe [31m \"'&"
RULE = "the change breaks rules of the published roster; nothing was changed"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night, 03:12 in New York, with the worked roster; an urgent ticket, a held one, and a hostile one."""
    with Service(tmp_path_factory.mktemp("board"), is_roster_published=True) as service:
        assert service.post(ticket_body("T-LATE", impact="high", plan="business-critical")).status_code == 202
        assert service.post(ticket_body("T-FIRST", plan="business-critical")).status_code == 202
        assert service.post(ticket_body("T-HELD", impact="high")).status_code == 202
        hostile = ticket_body("T-EVIL", impact="low", subject=HOSTILE, customer=HOSTILE)
        assert service.post(hostile).status_code == 202
        yield service


@pytest.fixture
def mei(board: Service) -> Iterator[Browser]:
    with Browser(board) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture
def ana(board: Service) -> Iterator[Browser]:
    with Browser(board) as browser:
        browser.sign_in("ana")
        yield browser


def section(browser: Browser, path: str, label: str) -> str:
    """Return the words of a section, with one blank between them."""
    found = browser.page(path).find("section", attrs={"aria-labelledby": label})
    assert found is not None
    return " ".join(found.get_text(" ").split())


def test_the_board_says_who_is_on_call_until_when_and_who_is_next(mei: Browser) -> None:
    now = section(mei, "/board", "now")
    assert "Ana Pereira is primary until Mon 2027-01-11 08:00 EST" in now
    assert "is secondary until Mon 2027-01-11 08:00 EST" in now
    assert "Next handoffs Mon 2027-01-11 19:01 EST" in now
    assert "Holes in the next 90 days None before the schedule ends." in now
    assert "No plan is published from Mon 2027-04-05 08:00 EDT on. Publish the next one before then." in now
    assert "Unproven phones" in now
    times = [str(each["datetime"]) for each in mei.page("/board").find_all("time")]
    assert "2027-01-11T08:00:00-05:00" in times


def test_the_board_counts_the_gaps_that_it_does_not_list(tmp_path: Path) -> None:
    """Two weeks of January have no one on call."""

    def seats(start: datetime) -> dict[str, str]:
        is_empty = date(2027, 1, 11) <= start.date() < date(2027, 1, 25)
        return {} if is_empty else {"primary": "ana", "secondary": "ben"}

    with Service(tmp_path, seats=seats) as service, Browser(service) as browser:
        browser.sign_in("ana")
        now = section(browser, "/board", "now")
        assert "! Nobody is primary or secondary from Tue 2027-01-12 19:01 EST to Wed 2027-01-13 08:00 EST" in now
        found = re.search(r"(\d+) more: oncall plan status lists them all", now)
        assert found is not None
        assert now.count("! Nobody is primary or secondary from") == 5
        assert int(found[1]) > 0


def test_in_business_hours_the_board_names_the_desk_and_who_is_paged_after_it(tmp_path: Path) -> None:
    with Service(tmp_path, now=MONDAY_MORNING) as service, Browser(service) as browser:
        browser.sign_in("ana")
        now = section(browser, "/board", "now")
        assert "Business hours until Mon 2027-01-11 19:01 EST . The support desk has the tickets." in now
        assert "the pages go to Ana Pereira (primary), Ben Okafor (secondary)" in now
        # Nobody holds a shift now, so there is none to take over.
        actions = [str(form["action"]) for form in browser.page("/board").find_all("form")]
        assert actions == ["/logout", "/board/override"]


def test_what_the_board_says_is_what_the_api_says(mei: Browser, board: Service) -> None:
    duty = board.call("GET", "/v1/oncall").json()["roles"]["primary"]
    assert f'datetime="{duty["until"]}"' in mei.get("/board").text
    drill = re.search(r"oncall drill --to (\w+)", board.call("GET", "/v1/doctor").text)
    assert drill is not None
    people = board.store.read(lambda tx: tx.schedule()).people
    words = f"No message to or from the current number of {people[drill[1]].name}"
    assert words in mei.page("/board").get_text()


def test_tickets_are_in_the_order_of_their_deadlines_and_held_ones_say_until_when(mei: Browser) -> None:
    shown = section(mei, "/board", "tickets")
    listed = mei.service.call("GET", "/v1/tickets").json()["tickets"]
    left = {each["id"]: min(_seconds_left(each), default=1e9) for each in listed}
    first, second = sorted(("T-FIRST", "T-LATE"), key=left.__getitem__)
    places = [shown.index(name) for name in (first, second, "Held", "T-HELD")]
    assert places == sorted(places)
    assert re.search(r"T-FIRST Acme Ltd urgent first reply: \d+ (h|min)", shown)
    assert "held until Mon 2027-01-11 00:00" in shown


def test_no_two_parts_of_a_page_have_the_same_name_and_every_field_has_a_label(mei: Browser) -> None:
    for path in ("/board", "/me", "/board/tickets/T-FIRST"):
        found = mei.page(path)
        names = [str(each["aria-label"]) for each in found.select("[aria-label]")]
        ids = [str(each["id"]) for each in found.select("[id]")]
        assert len(set(names)) == len(names), names
        assert len(set(ids)) == len(ids), ids
        fields = found.select('input:not([type="hidden"]), select, textarea')
        assert [each for each in fields if each.find_parent("label") is None] == []


def test_hostile_text_of_a_ticket_is_shown_as_plain_text(mei: Browser) -> None:
    for path in ("/board", "/board/tickets/T-EVIL"):
        text = mei.get(path).text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert SHOWN in " ".join(BeautifulSoup(text, "html.parser").get_text(" ").split())


@pytest.mark.parametrize("weeks", [4, 13, 52])
def test_the_table_has_a_column_for_each_day_and_one_address_for_each_state(mei: Browser, weeks: int) -> None:
    path = f"/board?from=2027-01-11&weeks={weeks}&person=ana"
    found = mei.page(path)
    grid = found.find("table", class_="grid")
    assert grid is not None
    assert len(grid.find_all("col")) == 1 + 7 * weeks
    assert len(grid.find_all("col", class_="weekend")) + len(grid.find_all("col", class_="holiday")) >= 2 * weeks
    rows = [row.find("th") for row in grid.find_all("tr")[1:]]
    assert [row.get_text() for row in rows if row is not None] == ["Ana Pereira"]
    links = [str(each["href"]) for each in found.select("nav.steps a")]
    assert "/board?from=2027-01-11&weeks=13&person=ana" in links
    assert f"/board?from=2027-01-11&weeks={weeks}" in links
    for link in links:
        assert mei.get(link).status_code == 200


def test_holidays_have_their_names_and_shapes_tell_changes_and_absences_apart(mei: Browser) -> None:
    found = mei.page("/board?from=2027-01-04&weeks=13")
    assert "Martin Luther King Jr. Day" in found.get_text()
    text = str(found.find("table", class_="grid"))
    assert 'class="duty first"' in text
    assert re.search(r'class="(leave|away|weekly|feast)"', text)
    assert "NOBODY" not in text.partition("2027-04-05")[0] or 'class="gap"' in text


def test_overrides_covers_and_absences_have_signs_of_their_own(board: Service) -> None:
    schedule = board.store.read(lambda tx: tx.schedule())
    roster = board.store.read(lambda tx: roster_in_force(tx))
    grid = schedule_grid(schedule, roster, date(2027, 1, 4), 4, "ana")
    assert grid.rows[0].cells[date(2027, 1, 9)].signs == ["P"]
    night = next(each for each in schedule.assignments(*_january()) if each.engineer == "ana")
    for kind, sign in {"override": "◇", "swap": "⇄", "cover": "△", "away": "▷"}.items():
        changed = schedule.with_pieces([Piece(night.window, "primary", "chloe")], kind, night.window.start)
        row = schedule_grid(changed, roster, date(2027, 1, 4), 4, "chloe").rows[0]
        assert f"P{sign}" in [each for cell in row.cells.values() for each in cell.signs]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=soon", "From: &#34;soon&#34; is not a date; write one like &#34;2027-01-04&#34;"),
        ("from=0001-01-01", "From: write a date from 2000-01-03 to 2197-12-31"),
        ("weeks=5", "Weeks: write 4, 13 or 52"),
        ("person=anna", "Engineer: &#34;anna&#34; is on no published roster; choose from the board"),
        ("weeks=<script>&from=x", "Weeks: write 4, 13 or 52"),
    ],
)
def test_a_state_that_is_none_is_refused_with_what_to_write(mei: Browser, query: str, words: str) -> None:
    answer = mei.get(f"/board?{query}")
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert "<script" not in answer.text


def test_fifty_people_and_ninety_one_days_take_less_than_a_tenth_of_a_second(board: Service) -> None:
    schedule = board.store.read(lambda tx: tx.schedule())
    roster = board.store.read(lambda tx: roster_in_force(tx))
    assert roster is not None
    one = roster.engineers[0]
    many = [replace(one, id=f"person-{number}", name=f"Person {number}") for number in range(50)]
    large = replace(roster, engineers=tuple(many))
    state = BoardState(date(2027, 1, 4), 13, None)

    def seconds() -> float:
        begins = time.process_time()
        grid = schedule_grid(schedule, large, state.first, state.weeks)
        signs = dict.fromkeys(("override", "swap", "cover", "away", "leave", "weekly", "holiday"), "x")
        values = {"grid": grid, "state": state, "roles": schedule.roles, "today": state.first}
        render("grid.html.j2", **values, change_signs=signs, absence_signs=signs)
        return time.process_time() - begins

    assert min(seconds() for _ in range(4)) < 0.1 * slowness()


def test_the_own_page_shows_shifts_tickets_and_makes_a_calendar_link_once(ana: Browser, board: Service) -> None:
    text = " ".join(ana.page("/me").get_text(" ").split())
    assert "weekend, primary: Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST" in text
    assert "T-FIRST" in text
    assert "You have 0 calendar links." in text
    assert "Number ...01" in text
    assert "+1305" not in text
    form = ana.form("/me", "/me/calendar")
    answer = ana.send("/me/calendar", form)
    link = re.search(r"http://[^<]+\.ics", answer.text)
    assert link is not None
    assert board.call("GET", link[0].removeprefix(board.address), by=None).status_code == 200
    # A second click, or loading the answer again, makes no second link.
    assert link[0] in ana.send("/me/calendar", form).text
    again = ana.get("/me").text
    assert ".ics" not in again
    assert "You have 1 calendar link." in again


def _january() -> tuple[datetime, datetime]:
    return datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


def _seconds_left(item: dict[str, Any]) -> list[float]:
    return [clock["seconds_left"] for clock in item["clocks"] if clock["seconds_left"] is not None]
