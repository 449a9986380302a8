"""Sign-in to the pages: a link works once, sessions end on the server, and no foreign form or address gets in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from oncall.paging.actions.caller_actions import OFF_ROSTER
from oncall.paging.actions.sign_in import digest_of, make_login_link
from oncall.paging.ports.sign_in_store import PageSession
from oncall.web.access.flood_gate import FloodGate
from oncall.web.pages.frame.door import FOREIGN_FORM, STALE_FORM
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.web.pages.sign_in.sign_in_routes import NO_LINK
from oncall.web.services.dependencies import kept
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.web.browser import Browser, new_link
from tests.web.service import Service, problem

LINKS = "/v1/login-links"
PUBLIC = "https://oncall.example.com"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def browser(quiet: Service) -> Iterator[Browser]:
    refusals = kept(quiet.app).services.refusals
    refusals.sources._used.clear()
    refusals._samples.clear()
    with Browser(quiet) as found:
        yield found


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service behind a proxy that speaks https."""
    with Service(tmp_path_factory.mktemp("public"), public_url=PUBLIC) as running:
        yield running


def words(answer: Any, status: int, expected: str) -> None:
    """Check that an answer is a page with this status and these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert expected in answer.text


def test_a_link_shows_a_button_and_only_the_button_signs_in(browser: Browser) -> None:
    path = new_link(browser.service, "ana")
    for _ in range(3):
        # Programs that check mail follow the address first.
        assert browser.get(path).status_code == 200
    assert "set-cookie" not in browser.get(path).headers
    answer = browser.fill(path, "/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    kept_as = answer.headers["set-cookie"]
    assert kept_as.startswith("oncall=")
    assert kept_as.endswith("; HttpOnly; Max-Age=604800; Path=/; SameSite=lax")


def test_the_last_part_of_a_link_typed_into_the_form_signs_in_and_leads_back(browser: Browser) -> None:
    secret = new_link(browser.service, "mei").rpartition("/")[2]
    wanted = "/login?next=%2Fboard%3Fweeks%3D13"
    answer = browser.fill(wanted, "/login", link=secret)
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?weeks=13")
    answer = browser.get(wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?weeks=13")


def test_a_link_works_once(browser: Browser) -> None:
    path = new_link(browser.service, "ana")
    form = browser.form(path, "/login")
    assert browser.send("/login", form).status_code == 303
    with Browser(browser.service) as another:
        words(another.send("/login", form), 403, "this link was used already, has ended, or was never made")
        assert another.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(("minutes", "status"), [(14, 303), (15, 403)])
def test_a_link_ends_after_fifteen_minutes(browser: Browser, minutes: int, status: int) -> None:
    made_at = datetime.now(UTC) - timedelta(minutes=minutes, seconds=1)
    view = browser.service.store.write(lambda tx: make_login_link("ana", tx, by="mei", public_url="", real_now=made_at))
    assert browser.fill(view["url"], "/login").status_code == status


def test_a_session_ends_after_seven_days(browser: Browser) -> None:
    browser.sign_in("ana")
    secret = browser.http.cookies["oncall"]
    assert browser.get("/").headers["location"] == "/me"
    ended = PageSession(digest_of(secret), "ana", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
    browser.service.store.write(lambda tx: tx.remove_page_session(ended.digest))
    browser.service.store.write(lambda tx: tx.add_page_session(ended))
    assert browser.get("/").headers["location"] == "/login"


def test_the_session_of_a_person_who_is_not_on_the_roster_opens_nothing(browser: Browser) -> None:
    now = datetime.now(UTC)
    session = PageSession(digest_of("zoe-was-here"), "zoe", now, now + timedelta(days=1))
    browser.service.store.write(lambda tx: tx.add_page_session(session))
    browser.http.cookies.set("oncall", "zoe-was-here")
    assert browser.get("/").headers["location"] == "/login"
    assert browser.get("/me").headers["location"] == "/login?next=%2Fme"
    # The sign-in page says why, and so does the answer to a form that was open; without a session it says nothing.
    assert "you are not on the published roster any more" in browser.get("/login").text
    words(browser.send("/board/undo", {"reason": "ana is well again"}), 403, OFF_ROSTER)
    browser.http.cookies.clear()
    assert "roster" not in browser.get("/login").text


def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    browser.sign_in("mei")
    secret = browser.http.cookies["oncall"]
    page = browser.service.address
    answer = browser.fill("/board", "/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert 'oncall=""' in answer.headers["set-cookie"]
    browser.http.cookies.set("oncall", secret, domain=page.split("//")[1].split(":")[0])
    assert browser.get("/").headers["location"] == "/login"


def test_a_sign_in_gives_a_new_session_and_ends_one_that_was_planted(browser: Browser) -> None:
    """Session fixation: an attacker's session in the victim's browser never becomes the victim's."""
    with Browser(browser.service) as attacker:
        attacker.sign_in("ben")
        planted = attacker.http.cookies["oncall"]
        answer = browser.fill(new_link(browser.service, "mei"), "/login")
        browser.http.cookies.clear()
        form = browser.form(new_link(browser.service, "mei"), "/login")
        answer = browser.send("/login", form, Cookie=f"oncall={planted}")
        assert answer.status_code == 303
        assert answer.cookies["oncall"] != planted
        assert attacker.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "{address}"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Host": "evil.example"},
        {},
    ],
)
def test_a_forged_form_is_refused_and_uses_nothing(browser: Browser, headers: dict[str, str]) -> None:
    sent = {name: value.format(address=browser.service.address) for name, value in headers.items()}
    form = browser.form(new_link(browser.service, "ana"), "/login")
    words(browser.http.post("/login", data=form, headers=sent), 403, FOREIGN_FORM)
    assert browser.send("/login", form).status_code == 303
    token = browser.form("/board", "/logout")
    words(browser.http.post("/logout", data=token, headers=sent), 403, FOREIGN_FORM)
    assert browser.get("/").headers["location"] == "/me"


def test_an_old_browser_without_sec_fetch_site_signs_in_by_its_origin(browser: Browser) -> None:
    form = browser.form(new_link(browser.service, "ana"), "/login")
    assert browser.http.post("/login", data=form, headers={"Origin": browser.service.address}).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_with_the_token_of_another_session_is_refused(browser: Browser, token: str) -> None:
    browser.sign_in("ana")
    words(browser.send("/logout", {"form_token": token}), 403, STALE_FORM)
    assert browser.get("/").headers["location"] == "/me"


def test_a_form_with_a_field_twice_is_refused(browser: Browser) -> None:
    answer = browser.http.post("/login", content="link=a&link=b", headers={"Sec-Fetch-Site": "same-origin"})
    words(answer, 400, INCOMPLETE)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/board\\..",
        "/boardroom",
        "/board\r\nX: y",
        "/v1/me",
        "/login",
        "javascript:alert(1)",
    ],
)
def test_no_address_of_another_site_is_led_to(browser: Browser, wanted: str) -> None:
    secret = new_link(browser.service, "ana").rpartition("/")[2]
    answer = browser.send("/login", {"link": secret, "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_host_header_chooses_no_address(public: Service) -> None:
    with Browser(public) as browser:
        for path in ("/", "/board", "/login"):
            answer = browser.get(path, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
            assert "evil.example" not in answer.text
            assert answer.headers.get("location", "/").startswith("/")
    answer = public.call("POST", LINKS, json={"engineer": "ana"}, headers={"Host": "evil.example"})
    assert answer.json()["url"].startswith(f"{PUBLIC}/login/")


def test_behind_https_the_cookie_is_bound_to_the_host(public: Service) -> None:
    with Browser(public) as browser:
        form = browser.form(new_link(public, "ana"), "/login")
        answer = browser.http.post("/login", data=form, headers={"Origin": PUBLIC})
        kept_as = answer.headers["set-cookie"]
        assert kept_as.startswith("__Host-oncall=")
        assert kept_as.endswith("; HttpOnly; Max-Age=604800; Path=/; SameSite=lax; Secure")
        secret = kept_as.partition("=")[2].partition(";")[0]
        assert browser.get("/", Cookie=f"oncall={secret}").headers["location"] == "/login"
        assert browser.get("/", Cookie=f"__Host-oncall={secret}").headers["location"] == "/me"
        assert browser.get("/login").headers["strict-transport-security"] == "max-age=31536000"


def test_every_page_has_the_headers_that_keep_a_browser_safe(browser: Browser) -> None:
    for answer in (browser.get("/login"), browser.get("/login/abc"), browser.send("/login", {"link": "x"})):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "style=" not in answer.text
        assert "<script" not in answer.text


def test_static_files_have_hashed_names_and_are_kept_for_ever(browser: Browser) -> None:
    page = browser.page("/login")
    paths = [str(each["href"]) for each in page.find_all("link")]
    assert [path.partition(".")[0] for path in paths] == ["/assets/pages", "/assets/icon"]
    for path in paths:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    words(browser.get("/assets/pages.css"), 404, "there is no such file; load the page again")


def test_too_many_wrong_links_from_an_address_are_answered_with_429(browser: Browser) -> None:
    refusals, path = kept(browser.service.app).services.refusals, new_link(browser.service, "ana")
    usual, refusals.sources = refusals.sources, FloodGate(burst=3, per_second=0)
    try:
        answers = [browser.send("/login", {"link": f"guess-{n}"}).status_code for n in range(5)]
        assert answers == [403, 403, 403, 429, 429]
        # Not even the right one opens then.
        assert browser.send("/login", {"link": path}).status_code == 429
    finally:
        refusals.sources = usual
    assert browser.send("/login", {"link": path}).status_code == 303


def test_each_sign_in_sign_out_and_refusal_is_logged_without_the_secret(
    browser: Browser, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        path = new_link(browser.service, "ana")
        form = browser.form(path, "/login")
        browser.send("/login", form)
        session = browser.http.cookies["oncall"]
        browser.send("/login", form)
        browser.http.post(path, data=form)
        browser.fill("/me", "/logout")
    listed = [(line["action"], line.get("person"), line.get("source")) for line in logs if "action" in line]
    here = "127.0.0.1"
    assert [line for line in listed if line[0].startswith(("sign", "login"))] == [
        ("login_link_made", "ana", here),
        ("signed_in", "ana", here),
        ("sign_in_refused", None, here),
        ("signed_out", "ana", here),
    ]
    refused = [(line["reason"], line["status"], line["path"]) for line in logs if line.get("action") == "refused"]
    assert ("token", 403, "/login") in refused
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    everything = "\n".join([str(logs), *own, *capsys.readouterr()])
    assert form["link"] not in everything
    assert session not in everything


def test_a_visitor_without_a_session_is_led_to_the_sign_in_and_back(browser: Browser) -> None:
    answer = browser.get("/board?weeks=13&person=ana")
    wanted = "/login?next=%2Fboard%3Fweeks%3D13%26person%3Dana"
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    assert browser.form(wanted, "/login")["next"] == "/board?weeks=13&person=ana"
    assert browser.get("/").headers["location"] == "/login"
    assert browser.send("/logout", {}).headers["location"] == "/login?next=%2Fboard"


def test_the_start_leads_a_manager_to_the_board_and_an_engineer_to_their_own_page(browser: Browser) -> None:
    browser.sign_in("mei")
    assert browser.get("/").headers["location"] == "/board"
    browser.sign_in("ana")
    assert browser.get("/").headers["location"] == "/me"


@pytest.mark.parametrize("by", ["zendesk", "ana"])
def test_only_a_manager_makes_links(quiet: Service, by: str) -> None:
    role = "intake" if by == "zendesk" else "engineer"
    answer = quiet.post({"engineer": "ana"}, by=by, path=LINKS)
    problem(answer, 403, f"a token of role {role} may not do this")


def test_a_token_with_scopes_gives_no_link_with_more_rights(quiet: Service) -> None:
    made = quiet.post({"name": "robot", "role": "manager", "scopes": ["change"]}, by="mei", path="/v1/tokens").json()
    answer = quiet.post({"engineer": "mei"}, by=made["token"], path=LINKS)
    problem(answer, 403, "this token has only change, and a link gives all that a person may do")


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ([], 422, 'login_link: a JSON object is needed, like {"engineer": "ana"}'),
        ({}, 422, "engineer: missing"),
        ({"engineer": "a" * 61}, 422, "engineer: write text of 1 to 60 characters"),
        ({"engineer": "anna"}, 404, 'nobody on the published roster has the id "anna"; did you mean "ana"?'),
    ],
)
def test_a_link_for_nobody_is_refused(quiet: Service, body: object, status: int, detail: str) -> None:
    problem(quiet.post(body, by="mei", path=LINKS), status, detail)


def test_the_words_of_a_refused_link_say_what_to_do() -> None:
    assert NO_LINK == ("this link was used already, has ended, or was never made; ask your manager for a new one")


def test_a_link_that_the_terminal_made_through_a_server_signs_in_there(
    oncall: Oncall,  # noqa: F811
    quiet: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", quiet.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    # The service of the test shares the standard output with the command.
    with capture_logs():
        made = json.loads(oncall("login-link", "ana", "--json").out)
    with Browser(quiet) as browser:
        answer = browser.fill(made["url"].removeprefix(quiet.address), "/login")
        assert answer.status_code == 303
        assert browser.get("/").headers["location"] == "/me"
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    assert oncall("login-link", "ana").err == "oncall: a token of role engineer may not do this\n"
