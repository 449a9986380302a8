"""Plans that the service makes for a draft: a search in its own process, how it ends, and the relaxations it offers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from oncall.paging.ports.plan_drafts import DraftState
from oncall.planning.posted.plan_drafts import (
    STOPPED,
    DraftContent,
    DraftOutcome,
    NewDraft,
    SearchAsked,
    content_of,
    end_search,
    keep_draft,
)
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.wiring.plan_process import LOWEST_PRIORITY
from oncall.wiring.plan_worker import BROKEN
from tests.paging.world import SATURDAY_NIGHT
from tests.web.browser import Browser
from tests.web.pages.drafts.test_plan_drafts import FILES, PUBLICATION, ROSTER, versions, words
from tests.web.service import PATIENCE_SECONDS, Service


@pytest.mark.slow
def test_a_plan_is_made_in_a_process_of_its_own_and_published(mei: Browser) -> None:
    values = {"start": "2027-01-04", "weeks": "1", "seconds": "30"}
    roster = {"roster": FILES["roster"]}
    form = mei.form("/board/drafts", "/board/drafts/make")
    answer = mei.upload("/board/drafts", "/board/drafts/make", roster, **values, id=form["id"])
    path = answer.headers["location"]
    shown = mei.get(path).text
    assert "The plan is being made" in shown
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    # The same form again starts no second search, and another one is refused.
    assert (
        mei.upload("/board/drafts", "/board/drafts/make", roster, **values, id=form["id"]).headers["location"] == path
    )
    busy = mei.upload("/board/drafts", "/board/drafts/make", roster, **values)
    assert (busy.status_code, "one plan is made at a time" in busy.text) == (422, True)
    assert 'value="2027-01-04"' in busy.text
    with mei.http.stream("GET", f"{path}/events?after=0-making", timeout=PATIENCE_SECONDS) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("id: "))
        assert next(each for each in events if each.endswith("-ready"))
    text = words(mei.page(path))
    assert "proven: no plan that keeps the rules costs less" in text
    assert mei.fill(path, f"{path}/publish", reason="made here").status_code == 303
    assert versions(mei) == 2


def test_a_server_that_stops_ends_the_search_and_says_so(tmp_path: Path) -> None:
    with Service(tmp_path, is_roster_published=True) as service, Browser(service) as mei:
        mei.sign_in("mei")
        values = {"start": "2027-04-05", "weeks": "53", "seconds": "600"}
        answer = mei.upload("/board/drafts", "/board/drafts/make", {"status": ("", "")}, **values)
        assert answer.status_code == 303, answer.text
    with closing(sqlite3.connect(service.file)) as file:
        state, outcome = file.execute("SELECT state, outcome FROM plan_drafts").fetchone()
    assert (state, json.loads(outcome)["words"]) == ("failed", STOPPED)


def test_a_search_has_the_lowest_priority_and_one_that_is_killed_says_so(mei: Browser) -> None:
    values = {"start": "2027-04-05", "weeks": "53", "seconds": "600"}
    path = mei.upload("/board/drafts", "/board/drafts/make", {"status": ("", "")}, **values).headers["location"]
    draft_id = path.rpartition("/")[2]
    # The kernel fills in a new process's command line a moment after the process starts.
    mei.service.until(lambda: bool(search_processes(draft_id)))
    [search] = search_processes(draft_id)
    mei.service.until(lambda: os.getpriority(os.PRIO_PROCESS, search) == LOWEST_PRIORITY)
    os.kill(search, signal.SIGKILL)
    mei.service.until(lambda: BROKEN in words(mei.page(path)))
    # Another search may start at once.
    assert mei.fill(path, f"{path}/again").status_code == 303


def search_processes(draft_id: str) -> list[int]:
    """Return the ids of the processes that make the plan of a draft."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().endswith(f"plan_process\0{draft_id}\0".encode()):
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"start": "soon"}, 'Start: "soon" is not a date; write one like "2027-01-04"'),
        ({"start": ""}, "Start: choose the first date of the plan"),
        ({"start": "0001-01-04"}, "Start: lies outside the calendar; choose a date from 2000 to 2200"),
        ({"weeks": "54"}, "Weeks: write a number from 1 to 53"),
        ({"weeks": "١"}, "Weeks: write a number from 1 to 53"),
        ({"seconds": "86400"}, "Time to search: choose 30, 120 or 600"),
        ({"id": ""}, "this form has no id of its own; open the page of the drafts again and send the form from there"),
    ],
)
def test_a_faulty_search_is_refused_and_starts_nothing(board: Browser, values: dict[str, str], line: str) -> None:
    values = {"start": "2027-04-05", **values}
    answer = board.upload("/board/drafts", "/board/drafts/make", {"status": ("", "")}, **values)
    shown = [each.get_text() for each in BeautifulSoup(answer.text, "html.parser").select('[role="alert"] li')]
    assert (answer.status_code, shown) == (422, [line])


def test_a_search_without_a_plan_offers_its_relaxations_as_buttons(drafting: Browser) -> None:
    outcome = DraftOutcome("no plan keeps the rules.", ["rest_nights on 2027-04-09"], [["rest_nights=0@2027-04-09"]])
    content = DraftContent({**PUBLICATION, "roster": ROSTER}, SearchAsked(date(2027, 4, 5), 1, 30))
    new = NewDraft("draft-one", "cas-support", "1 week", content, "mei")
    store = drafting.service.store
    store.write(lambda tx: keep_draft(tx, new, SATURDAY_NIGHT))
    draft = store.read(lambda tx: tx.plan_draft("draft-one"))
    assert draft is not None
    store.write(lambda tx: end_search(tx, draft, outcome, DraftState.INFEASIBLE))
    path = "/board/drafts/draft-one"
    text = words(drafting.page(path))
    assert "no plan keeps the rules. rest_nights on 2027-04-09" in text
    assert "A plan is possible with: rest_nights=0@2027-04-09" in text
    form = drafting.form(path, f"{path}/again")
    wrong = drafting.send(f"{path}/again", {**form, "option": "7"})
    assert (wrong.status_code, INCOMPLETE in wrong.text) == (
        422,
        True,
    )
    assert drafting.send(f"{path}/again", form).status_code == 303
    kept = store.read(lambda tx: content_of(tx, form["id"]))
    assert kept.search == SearchAsked(date(2027, 4, 5), 1, 30, ("rest_nights=0@2027-04-09",))
