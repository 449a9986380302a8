"""A plan as a page and as a spreadsheet: self-contained, and no text of the roster becomes markup or a formula."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from html.parser import HTMLParser

from openpyxl import load_workbook

from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.report.plan_page import plan_page
from oncall.rotation.report.workbook import workbook_of
from oncall.schedule.plan import Plan
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

NASTY = '<script>alert("x")</script>'
ROSTER = team(
    *team_of(6).engineers,
    replace(person("gus", absences=away(MONDAY, 14)), name=NASTY),
    replace(person("hal", fte=0.5), name="=1+1"),
    holidays="US",
)


@cache
def planned(days: int = 91) -> Plan:
    return fairest_plan(ROSTER, shifts_of(ROSTER, days=days))


class Page(HTMLParser):
    """Collects the tags and attributes of a page."""

    VOID = frozenset({"meta", "br", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID or self.get_starttag_text() == "<rect>":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_needs_nothing_from_anywhere_else() -> None:
    page = Page(plan_page(planned(), ROSTER))
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not {name for name, _ in page.attributes if name in ("src", "href") or name.startswith("on")}
    assert "url(" not in plan_page(planned(), ROSTER)
    assert page.open == []


def test_every_word_of_the_roster_is_escaped() -> None:
    text = plan_page(replace(planned(), notes=(NASTY,)), replace(ROSTER, team=NASTY))
    assert NASTY not in text
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in text


def test_the_page_shows_every_person_shift_and_share() -> None:
    plan = planned()
    text = plan_page(plan, ROSTER)
    assert plan.fairness is not None
    for each in plan.fairness.engineers:
        for load in each.loads:
            assert (f"{load.count} / {load.share:.2f}" if load.role else f">{load.share:.2f}<") in text
    assert text.count('<tr class="') == len({seat.window for seat in plan.seats})
    assert f"<b>{plan.fairness.cost}</b>" in text
    assert "<b>optimal</b><span>no plan that keeps the rules is fairer</span>" in text


def test_an_unproven_plan_says_what_is_known() -> None:
    plan = planned()
    assert plan.fairness is not None
    gap = replace(plan, fairness=replace(plan.fairness, bound=plan.fairness.cost - 7))
    assert f"No plan that keeps the rules can cost less than {plan.fairness.cost - 7}." in plan_page(gap, ROSTER)
    assert "no proof is known" in plan_page(replace(plan, fairness=None, status=None), ROSTER)


def test_the_calendar_has_a_cell_for_each_day_of_duty_and_each_day_away() -> None:
    text = plan_page(planned(), ROSTER)
    assert len(re.findall(r", away</title>", text)) == 14
    days = sum(3 if str(seat.kind) == "weekend" else 1 for seat in planned().seats)
    assert len(re.findall(r"(primary|secondary), (weeknight|weekend|holiday)</title>", text)) == days


def test_agreed_exceptions_are_told_and_the_moved_day_is_no_day_away() -> None:
    roster: Roster = team(person("ana", absences=away(MONDAY, 1)), *team_of(6).engineers[1:])
    mark = relaxation_named("unavailable@2027-01-04:ana")
    plan = with_relaxations(fairest_plan(relaxed(roster, [mark]), shifts_of(roster, days=14)), [mark])
    text = plan_page(plan, roster)
    assert "by agreement: ana&#39;s day off on 2027-01-04 moved" in text
    assert ", away</title>" not in text


def test_the_spreadsheet_has_its_sheets_with_times_of_the_wall_clock() -> None:
    book = load_workbook(io.BytesIO(workbook_of(planned(), ROSTER)))
    assert book.sheetnames == ["plan", "fairness", "totals", "calendar"]
    rows = list(book["plan"].iter_rows(values_only=True))
    assert rows[0] == ("start", "end", "kind", "role", "engineer", "name")
    assert rows[1][:2] == (datetime(2027, 1, 4, 19, 1), datetime(2027, 1, 5, 8, 0))  # noqa: DTZ001
    assert len(rows) == 1 + len(planned().seats)
    plan = planned()
    assert plan.fairness is not None
    assert book["fairness"].max_row == 1 + sum(len(each.loads) for each in plan.fairness.engineers)
    assert book["calendar"].max_column == 1 + 13 * 7


def test_the_spreadsheet_has_totals_and_says_whom_their_roles_limit() -> None:
    people = [*(person(f"se-{n}") for n in range(3)), *(person(f"jo-{n}", roles=["secondary"]) for n in range(6))]
    roster = team(*people, weekends_apart=1, max_shifts=(("jo-0", 20),))
    plan = fairest_plan(roster, shifts_of(roster, days=28))
    rows = list(load_workbook(io.BytesIO(workbook_of(plan, roster)))["totals"].iter_rows(values_only=True))
    assert rows[0] == (
        "engineer", "name", "total", "share", "difference", "hours", "max_shifts", "limit of the share",
    )  # fmt: skip
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["se-0"][7] == "too few engineers take primary"
    assert by_name["jo-0"][6:] == (20, "limited to secondary")
    assert sum(int(str(row[2])) for row in rows[1:]) == len(plan.seats)


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    book = load_workbook(io.BytesIO(workbook_of(planned(), ROSTER)))
    cells = [cell for row in book["plan"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_every_drawing_has_a_title_and_words_for_whoever_cannot_see_it() -> None:
    text = plan_page(planned(), ROSTER)
    drawings = re.findall(r'<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)">', text)
    assert len(drawings) == text.count("<svg ") == 5
    named = dict(re.findall(r'<(?:title|desc) id="(\S+)">([^<]+)</', text))
    assert all(named[title] and named[words] for title, words in drawings)
    assert named["calendar-1"] == "Who is on duty on which day, 2027-01-04 to 2027-04-04"
    assert re.search(r"Ana has \d+, share \d+\.\d\d; Ben has \d+, share", named["load-1-words"])


def test_the_page_is_dark_on_a_dark_screen_and_light_on_paper() -> None:
    text = plan_page(planned(), ROSTER)
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media print" in text
    drawn = text[text.index("<body>") :]
    # What the scheme turns round has no colour of its own in the drawings.
    assert not re.search(r'<(line|text)[^>]*(fill|stroke)="', drawn)
    assert not re.search(r'class="(band|away)"[^>]*fill=', drawn)
