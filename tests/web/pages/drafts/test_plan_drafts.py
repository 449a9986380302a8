"""Plan drafts on the web: upload, comparison with the published plan, publication, undo and discard."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from oncall.planning.posted.plan_drafts import (
    content_of,
)
from oncall.schedule.plan_csv import csv_of
from oncall.support.policy_file import packaged_policy_text
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from tests.paging.world import STATUS
from tests.planning.conftest import in_turn, roster_of
from tests.web.browser import Browser
from tests.web.publications import publication_body
from tests.web.service import Service

MANAGER = 'manager: {id: mei, name: Mei Lin, phone: "+13055550109"}\n'
PUBLICATION = publication_body()
ROSTER = f"{PUBLICATION['roster']}{MANAGER}"
PLAN = ("plan.csv", str(PUBLICATION["plan"]))
FILES = {"plan": PLAN, "roster": ("team.yaml", ROSTER)}
EVENING = "2027-01-13T20:00:00-05:00"


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
