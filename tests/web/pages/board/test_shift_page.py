"""A shift on the board: who could take it and at what cost, the effect before saving, and the forms that change it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4.element import Tag

from tests.web.browser import Browser
from tests.web.service import Service

WEEKEND = "/board/shifts/2027-01-23T00:01:00Z/primary"
"""Ana's weekend from Friday 19:01 in New York."""
RUNNING = "/board/shifts/2027-01-09T00:01:00Z/primary"
HOSTILE = "<script>alert(1)</script> \u202etxt"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("shifts"), is_roster_published=True) as service:
        yield service


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, is_roster_published=True) as service:
        yield service


def signed_in(service: Service, person: str) -> Browser:
    browser = Browser(service)
    browser.sign_in(person)
    return browser


def takers(service: Service) -> list[dict[str, Any]]:
    answer = service.call("GET", "/v1/schedule/swaps/takers?engineer=ana&day=2027-01-22")
    found: list[dict[str, Any]] = answer.json()["takers"]
    return found


def for_people(taker: dict[str, Any], row: Tag) -> str:
    """Return the reason of the API in the words of the page: names in place of ids, and no keys of rules."""
    name = row.select_one("th")
    assert name is not None
    without_keys = re.sub(r"(^|; )[a-z_]+: ", r"\1", taker["why"])
    return re.sub(rf"\b{taker['engineer']}\b", name.get_text(), without_keys)


def actions(browser: Browser, path: str) -> set[str]:
    return {str(form["action"]) for form in browser.page(path).find_all("form")} - {"/logout"}


def holder(service: Service, at: str = "2027-01-23T12:00:00-05:00") -> str:
    duty = service.call("GET", "/v1/oncall", params={"at": at}).json()["roles"]["primary"]
    return str(duty["engineer"])


def versions(service: Service) -> int:
    return len(service.call("GET", "/v1/schedule/versions").json()["versions"])


def test_every_other_engineer_stands_there_in_the_order_and_with_the_numbers_of_the_api(board: Service) -> None:
    with signed_in(board, "mei") as mei:
        rows = mei.page(WEEKEND).select("table tbody tr")
        listed = takers(board)
        assert len(rows) == len(listed) > 3
        for row, each in zip(rows, listed, strict=True):
            link = row.find("a")
            assert isinstance(link, Tag)
            assert str(link["href"]) == f"{WEEKEND}?with={each['engineer']}"
            own = each["balances"][each["engineer"]]
            text = row.get_text(" ")
            assert f"{own['before']:+.2f} to {own['after']:+.2f}" in text
            assert ("legal" in text) is each["legal"]
            assert each["legal"] or for_people(each, row) in text


def test_a_manager_swaps_a_weekend_with_the_fairest_taker_in_three_clicks(published: Service) -> None:
    best = takers(published)[0]
    with signed_in(published, "mei") as mei:
        shift = mei.page("/board?from=2027-01-18").select_one(f'a[href="{WEEKEND}"]')
        assert shift is not None
        choose = mei.page(str(shift["href"])).select_one("table a.choose")
        assert choose is not None
        effect = mei.page(str(choose["href"])).find("section", attrs={"aria-labelledby": "effect"})
        assert isinstance(effect, Tag)
        own = best["balances"][best["engineer"]]
        assert "It keeps every rule of the published roster." in effect.get_text(" ")
        assert f"{own['before']:+.2f} to {own['after']:+.2f}" in effect.get_text(" ")
        assert versions(published) == 1
        reason = mei.page(str(choose["href"])).select_one('form[action="/board/swap"] input[name="reason"]')
        assert reason is not None
        assert reason.has_attr("required")
        answer = mei.fill(str(choose["href"]), "/board/swap", reason="a wedding")
        assert (answer.status_code, answer.headers["location"]) == (303, "/board#change")
        assert holder(published) == best["engineer"]
        assert "a wedding" in mei.get("/board").text
        assert mei.fill("/board", "/board/undo", reason="a mistake", force="yes").status_code == 303
    assert holder(published) == "ana"


def test_an_engineer_asks_for_a_swap_and_the_schedule_stays_until_it_is_answered(published: Service) -> None:
    best = takers(published)[0]["engineer"]
    with signed_in(published, "ana") as ana:
        answer = ana.fill(f"{WEEKEND}?with={best}", "/board/swap/ask", reason=HOSTILE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        own = ana.get("/me").text
        name = published.store.read(lambda tx: tx.schedule().people[best].name)
        assert f"Ana Pereira asks {name}" in own
        assert "Fri 2027-01-22 19:01 EST" in own
        assert "<script>alert" not in own
        assert "\u202e" not in own
    assert (holder(published), versions(published)) == ("ana", 1)


@pytest.mark.parametrize(
    ("person", "path", "forms"),
    [
        ("mei", f"{WEEKEND}?with=chloe", {"/board/swap", "/board/swap/ask", "/board/override"}),
        ("ana", f"{WEEKEND}?with=chloe", {"/board/swap/ask"}),
        ("chloe", f"{WEEKEND}?with=chloe", {"/board/override"}),
        ("dmitri", f"{WEEKEND}?with=chloe", set()),
        ("mei", f"{RUNNING}?with=chloe", {"/board/cover", "/board/override"}),
        ("chloe", f"{RUNNING}?with=chloe", {"/board/cover", "/board/override"}),
        ("ana", f"{RUNNING}?with=chloe", set()),
        ("mei", WEEKEND, set()),
        ("mei", f"{WEEKEND}?with=ana", set()),
        ("mei", f"{WEEKEND}?with=%3Cscript%3E", set()),
    ],
)
def test_each_person_has_the_buttons_that_their_rights_allow(
    board: Service, person: str, path: str, forms: set[str]
) -> None:
    with signed_in(board, person) as browser:
        assert actions(browser, path) == forms


@pytest.mark.parametrize(
    ("person", "action", "engineer", "words"),
    [
        ("ana", "/board/swap", "ana", "only a manager makes a swap at once; ask Dmitri Volkov for it instead"),
        ("chloe", "/board/swap", "ana", "only Ana Pereira or a manager can do this, so nothing was changed"),
        ("chloe", "/board/swap/ask", "ana", "only Ana Pereira or a manager can do this, so nothing was changed"),
    ],
)
def test_a_form_that_was_made_up_gives_no_more_rights(
    board: Service, person: str, action: str, engineer: str, words: str
) -> None:
    with signed_in(board, person) as browser:
        token = browser.form("/board", "/logout")["form_token"]
        sent = {"form_token": token, "version": "1", "engineer": engineer, "day": "2027-01-22", "with": "dmitri"}
        answer = browser.send(action, sent)
        assert (answer.status_code, words in answer.text) == (403, True), answer.text
    assert versions(board) == 1


def test_the_page_of_a_requested_shift_leads_the_asked_engineer_to_accept_or_decline(published: Service) -> None:
    best = takers(published)[0]["engineer"]
    path = f"{WEEKEND}?with={best}"
    with signed_in(published, "ana") as ana, signed_in(published, best) as taker, signed_in(published, "mei") as mei:
        assert "no SMS goes out" not in ana.get(path).text
        assert ana.fill(path, "/board/swap/ask", reason="a wedding").status_code == 303
        code = published.call("GET", "/v1/schedule/swaps").json()["swaps"][0]["id"]
        assert actions(taker, path) == {f"/me/swaps/{code}/accept", f"/me/swaps/{code}/decline"}
        assert actions(ana, path) == {f"/me/swaps/{code}/withdraw"}
        assert actions(mei, path) == {"/board/swap", "/board/override"}
        name = published.store.read(lambda tx: tx.schedule().people[best].name)
        words = " ".join(taker.page(path).get_text().split())
        assert f"Ana Pereira asks {name}: a wedding. If {name} accepts:" in words
        assert f"{name} takes primary from Ana Pereira, Fri 2027-01-22 19:01 EST to Mon 2027-01-25 08:00 EST." in words
        assert "no SMS goes out" not in words
        assert taker.fill(path, f"/me/swaps/{code}/accept").status_code == 303
    assert holder(published) == best


def test_a_running_shift_is_judged_for_its_rest_and_taken_over_in_one_form(published: Service) -> None:
    with signed_in(published, "mei") as mei:
        path = f"{RUNNING}?with=chloe"
        assert "the choices below are for the rest of it" in mei.get(path).text
        assert mei.fill(path, "/board/cover", reason="ana is ill", force="yes").status_code == 303
    assert holder(published, "2027-01-10T12:00:00-05:00") == "chloe"


def test_an_override_from_the_page_of_a_shift_covers_the_whole_shift(published: Service) -> None:
    with signed_in(published, "mei") as mei:
        values = {"reason": "a fair", "force": "yes"}
        assert mei.fill(f"{WEEKEND}?with=chloe", "/board/override", **values).status_code == 303
    duty = published.call("GET", "/v1/oncall", params={"at": "2027-01-23T12:00:00-05:00"}).json()["roles"]["primary"]
    assert (duty["engineer"], duty["override"]) == ("chloe", "a fair")


def test_a_swap_that_breaks_a_rule_needs_a_reason_and_the_tick(published: Service) -> None:
    worst = takers(published)[-1]
    assert not worst["legal"]
    path = f"{WEEKEND}?with={worst['engineer']}"
    with signed_in(published, "mei") as mei:
        assert "It breaks a rule:" in mei.get(path).text
        refused = mei.fill(path, "/board/swap", reason="no other way")
        assert refused.status_code == 422
        assert versions(published) == 1


def test_a_swap_of_a_page_that_shows_an_old_schedule_is_refused(published: Service) -> None:
    best = takers(published)[0]["engineer"]
    with signed_in(published, "mei") as mei:
        form = mei.form(f"{WEEKEND}?with={best}", "/board/swap")
        assert mei.fill("/board", "/board/cover", by="chloe", reason="ill", force="yes").status_code == 303
        assert mei.send("/board/swap", form).status_code == 412
        assert mei.send("/board/swap", {**form, "version": "x"}).status_code == 422
    assert versions(published) == 2


@pytest.mark.parametrize("start", ["soon", "9999-12-31T23:59:59Z", "2027-01-23T00:01:00Z0", "2027-01-20T15:00:00Z"])
def test_a_shift_that_is_none_is_refused_with_what_to_do(board: Service, start: str) -> None:
    with signed_in(board, "mei") as mei:
        answer = mei.get(f"/board/shifts/{start}/primary")
        words = "nobody holds this shift in this role now; open the board and choose it again"
        assert (answer.status_code, words in answer.text) == (404, True)
        assert mei.get(WEEKEND.replace("primary", "%3Cscript%3E")).status_code == 404


def test_a_shift_that_is_over_shows_who_had_it(board: Service) -> None:
    with signed_in(board, "ana") as ana:
        text = ana.get("/board/shifts/2027-01-05T00:01:00Z/primary").text
        assert "This shift is over." in text
        assert "Ana Pereira" in text


def test_without_a_readable_roster_the_page_says_why_no_taker_is_judged(quiet: Service) -> None:
    with signed_in(quiet, "mei") as mei:
        assert "the published roster is of another version of oncall" in mei.get(WEEKEND).text
