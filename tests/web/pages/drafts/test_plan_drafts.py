"""Plan drafts on the web: upload, comparison with the published plan, publication, roll-back and discard."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
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
from oncall.schedule.plan_csv import csv_of
from oncall.support.policy_file import packaged_policy_text
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.wiring.plan_process import LOWEST_PRIORITY
from oncall.wiring.plan_worker import BROKEN
from tests.paging.world import SATURDAY_NIGHT, STATUS
from tests.planning.conftest import in_turn, roster_of
from tests.web.browser import Browser
from tests.web.publications import publication_body
from tests.web.service import PATIENCE_SECONDS, Service

MANAGER = 'manager: {id: mei, name: Mei Lin, phone: "+13055550109"}\n'
PUBLICATION = publication_body()
ROSTER = f"{PUBLICATION['roster']}{MANAGER}"
PLAN = ("plan.csv", str(PUBLICATION["plan"]))
FILES = {"plan": PLAN, "roster": ("team.yaml", ROSTER)}
EVENING = "2027-01-13T20:00:00-05:00"


@pytest.fixture
def mei(tmp_path: Path) -> Iterator[Browser]:
    """The manager's browser. The published plan gives every shift of the quarter to ana and ben."""
    with Service(tmp_path, is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture(scope="module")
def drafting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The same for tests that keep drafts and publish nothing."""
    folder = tmp_path_factory.mktemp("drafting")
    with Service(folder, is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The same for tests that store nothing."""
    with Service(tmp_path_factory.mktemp("drafts"), is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser


def upload(mei: Browser, files: dict[str, tuple[str, str]] | None = None, **values: str) -> str:
    """Upload files that are accepted, and return the draft's path."""
    answer = mei.upload("/board/drafts", "/board/drafts/upload", files or FILES, **values)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def words(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


def holder(mei: Browser) -> str:
    duty = mei.service.call("GET", "/v1/oncall", params={"at": EVENING}).json()["roles"]["primary"]
    return str(duty["engineer"])


def versions(mei: Browser) -> int:
    return len(mei.service.call("GET", "/v1/schedule/versions").json()["versions"])


def test_a_draft_stands_beside_the_published_plan_and_changes_nothing(drafting: Browser) -> None:
    page = drafting.page(upload(drafting))
    text = words(page)
    assert "It keeps every rule of its roster, together with the published shifts around it." in text
    table = page.select_one('[aria-label="Shifts of weeknight"]')
    assert table is not None
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
    by_name = {row[0]: row[1:] for row in rows}
    # Who gains stands above who loses.
    # One of the two shifts that the draft gives her is over, and no publication changes the past.
    assert by_name["Chloe"][:3] == ["0", "1", "+1 ▲ more"]
    assert by_name["Ana"][2].endswith("▼ fewer")
    assert rows[0][3].endswith("▲ more")
    assert rows[-1][3].endswith("▼ fewer")
    share = float(by_name["Ana"][3])
    assert float(by_name["Ana"][4]) == pytest.approx(int(by_name["Ana"][0]) - share, abs=0.006)
    dry_run = drafting.service.post(
        {**PUBLICATION, "roster": ROSTER, "dry_run": True}, by="mei", path="/v1/schedule/publications"
    )
    every = page.select_one('[aria-label="Shifts of all kinds"]')
    assert every is not None
    moved = {row.select("th")[0].get_text(): row.select("td")[2].get_text() for row in every.select("tbody tr")}
    for change in dry_run.json()["changes"]:
        difference = len(change["gained"]) - len(change["lost"])
        assert int(moved[change["engineer"].capitalize()].split()[0]) == difference
        assert (f"gains {len(change['gained'])}" in text) or not change["gained"]
        assert (f"loses {len(change['lost'])}" in text) or not change["lost"]
    assert "Told by SMS, because their shifts change within 48 hours:" in text
    assert (holder(drafting), versions(drafting)) == ("ana", 1)


def test_a_draft_that_leaves_a_gap_says_so_and_the_form_offers_the_first_free_date(drafting: Browser) -> None:
    """The published quarter ends on Monday 5 April at 08:00."""
    first = drafting.page("/board/drafts").select_one('input[name="start"]')
    assert first is not None
    assert first["value"] == "2027-04-05"
    plan = csv_of(in_turn(roster_of(ROSTER), date(2027, 4, 7), date(2027, 4, 11))).decode()
    page = drafting.page(upload(drafting, {**FILES, "plan": ("late.csv", plan)}))
    lines = [line.get_text() for line in page.select("ul.late li")]
    span = "from Mon 2027-04-05 19:01 EDT to Tue 2027-04-06 08:00 EDT"
    assert f"GAP IN THE SCHEDULE: nobody is primary {span}" in lines
    assert "If you publish it, these gaps in cover remain:" in words(page)


def test_a_draft_of_the_published_plan_moves_no_shift_after_a_swap(tmp_path: Path) -> None:
    with Service(tmp_path, is_roster_published=True) as service, Browser(service) as mei:
        mei.sign_in("mei")
        path = upload(mei)
        assert mei.fill(path, f"{path}/publish", reason="the new year").status_code == 303
        holds = holder(mei)
        taker = "ana" if holds != "ana" else "ben"
        body = {"engineer": holds, "day": "2027-01-13", "role": "primary", "with": taker, "agreed": True}
        swapped = service.post({**body, "reason": "a wedding", "force": True}, by="mei", path="/v1/schedule/swaps")
        assert swapped.status_code == 201, swapped.text
        page = mei.page(upload(mei))
        assert "No shift changes hands. Swaps and overrides that were made stay." in words(page)
        changes = [row.select("td")[2].get_text() for row in page.select(".scroll tbody tr")]
        assert changes
        assert set(changes) == {"+0"}


def test_a_draft_is_published_once_with_a_reason_and_rolled_back(mei: Browser) -> None:
    path = upload(mei)
    form = mei.form(path, f"{path}/publish")
    blank = mei.send(f"{path}/publish", form)
    assert (blank.status_code, "Reason: is empty; say why" in blank.text) == (422, True)
    form["reason"] = "the new year"
    assert mei.send(f"{path}/publish", form).status_code == 303
    assert (holder(mei) != "ana", versions(mei)) == (True, 2)
    mei.service.until(lambda: any("the new year" in each.body for each in mei.service.twilio.messages))
    again = mei.send(f"{path}/publish", form)
    assert (again.status_code, "published already, as version 2; nothing was changed" in again.text) == (422, True)
    shown = words(mei.page(path))
    assert "Published as version 2." in shown
    assert "It changes nothing until it is published." not in shown
    assert "Told by SMS: " in shown
    assert mei.fill(path, "/board/undo", reason="a mistake", force="yes").status_code == 303
    assert (holder(mei), versions(mei)) == ("ana", 3)
    assert "It was taken back by version 3." in words(mei.page(path))
    assert "2: publication by Mei Lin" in words(mei.page("/board/drafts"))
    assert "(taken back by 3)" in words(mei.page("/board/drafts"))


def test_a_plan_that_was_published_meanwhile_refuses_the_draft_and_nothing_changes(mei: Browser) -> None:
    path = upload(mei)
    form = {**mei.form(path, f"{path}/publish"), "reason": "late"}
    other = mei.service.post(
        {**PUBLICATION, "roster": ROSTER, "reason": "first"}, by="mei", path="/v1/schedule/publications"
    )
    assert other.status_code == 201, other.text
    answer = mei.send(f"{path}/publish", form)
    assert answer.status_code == 412
    assert "the schedule has changed since this page was shown (publication by Mei Lin: first)" in answer.text
    assert versions(mei) == 2


def test_a_form_sent_twice_makes_one_draft_and_a_discarded_one_is_gone(drafting: Browser) -> None:
    form = drafting.form("/board/drafts", "/board/drafts/upload")
    first, second = upload(drafting, id=form["id"]), upload(drafting, id=form["id"])
    assert first == second
    assert len(drafting.page("/board/drafts").select(f'a[href="{first}"]')) == 1
    assert drafting.fill(first, f"{first}/discard").status_code == 303
    gone = drafting.get(first)
    assert (gone.status_code, "there is no such draft; it may have been discarded" in gone.text) == (404, True)
    assert versions(drafting) == 1


def test_a_plan_alone_takes_the_published_roster_with_all_its_files(tmp_path: Path) -> None:
    files = "\ncustomers: customers.yaml\nstatus: status.yaml\n"
    customers = "customers:\n  - {name: Acme Ltd, plan: standard}\n"
    with (
        Service(tmp_path, is_roster_published=True, policy_lines=files, customers=customers) as service,
        Browser(service) as mei,
    ):
        mei.sign_in("mei")
        path = upload(mei, {"plan": PLAN})
        text = words(mei.page(path))
        assert "plan.csv with the published roster" in text
        assert "It cannot be published, because it breaks these rules:" in text
        assert "rest_nights: " in text
        kept = service.store.read(lambda tx: content_of(tx, path.rpartition("/")[2])).publication
    assert (kept["customers"], kept["status"]) == (customers, STATUS)


def test_a_draft_that_breaks_a_rule_says_which_and_cannot_be_published(drafting: Browser) -> None:
    tired = ROSTER.replace("rest_nights: 0", "rest_nights: 5")
    path = upload(drafting, {"plan": PLAN, "roster": ("tired.yaml", tired)})
    page = drafting.page(path)
    assert "It cannot be published, because it breaks these rules: rest_nights:" in words(page)
    assert page.find("form", action=f"{path}/publish") is None
    token = drafting.form(path, f"{path}/discard")["form_token"]
    made_up = drafting.send(f"{path}/publish", {"form_token": token, "version": "1", "reason": "x"})
    assert (made_up.status_code, "does not keep the rules of tired.yaml" in made_up.text) == (422, True)
    assert versions(drafting) == 1


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


def test_a_hostile_title_is_escaped(drafting: Browser) -> None:
    path = upload(drafting, {"plan": ("<script>alert(1)</script>.csv", PLAN[1]), "roster": FILES["roster"]})
    assert "<script>alert" not in drafting.get(path).text
    assert "<script>alert" not in drafting.get("/board/drafts").text


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"roster": FILES["roster"]}, "Plan: choose the plan, a .csv or .json file"),
        (
            {"plan": PLAN, "roster": ("team.yaml", ROSTER.replace("id: ben", "id: BEN"))},
            'team.yaml:5:10: engineers[1].id: "BEN"',
        ),
        (
            {"plan": PLAN, "roster": ("team.yaml", "policy: own.policy.yaml\n" + ROSTER)},
            "team.yaml:1:9: policy: upload this file, too; or delete this line for the packaged policy",
        ),
        (
            {**FILES, "policy": ("own.policy.yaml", packaged_policy_text())},
            "Policy: team.yaml names no policy; add the line `policy: own.policy.yaml` to it",
        ),
        (
            {"plan": PLAN, "policy": ("own.policy.yaml", packaged_policy_text())},
            "Policy: upload the roster that needs this file, too",
        ),
        (
            {
                "plan": PLAN,
                "roster": ("team.yaml", "policy: own.policy.yaml\n" + ROSTER),
                "policy": ("own.policy.yaml", packaged_policy_text() + "\ncustomers: customers.yaml\n"),
            },
            "Customers file: own.policy.yaml names the file customers.yaml; choose it, too",
        ),
        ({"plan": ("plan.csv", "start,end\n1,2\n"), "roster": FILES["roster"]}, "plan.csv:1:1: "),
        (
            {"plan": PLAN, "roster": ("team.yaml", ROSTER.replace("team: cas-support", "team: others"))},
            "this service holds the schedule of cas-support, and the plan is of others;",
        ),
    ],
)
def test_a_faulty_upload_is_refused_with_its_place_and_stores_nothing(
    board: Browser, files: dict[str, tuple[str, str]], line: str
) -> None:
    answer = board.upload("/board/drafts", "/board/drafts/upload", files)
    assert answer.status_code == 422
    shown = [each.get_text() for each in BeautifulSoup(answer.text, "html.parser").select('[role="alert"] li')]
    assert any(each.startswith(line) for each in shown), shown
    again = ", ".join(name for name, _ in files.values())
    assert f"Your browser does not keep files: choose {again} again." in answer.text
    assert "There is no draft." in answer.text


def test_an_upload_that_is_too_large_or_no_form_is_refused(board: Browser) -> None:
    large = board.upload("/board/drafts", "/board/drafts/upload", {"plan": ("plan.csv", "x" * (4 * 1024 * 1024))})
    assert (large.status_code, "too large, so nothing was stored" in large.text) == (413, True)
    plain = board.fill("/board/drafts", "/board/drafts/upload")
    assert (plain.status_code, INCOMPLETE in plain.text) == (400, True)
