"""Sign-in through the identity provider: who gets in, with which role, and what stays out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup
from structlog.testing import capture_logs

from doubles.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    DISCOVERY,
    END,
    TOKEN,
    Canned,
    Lies,
    OidcProviderDouble,
)
from oncall.paging.actions.provider_sign_in import NO_HANDSHAKE, begin_handshake, new_secrets
from oncall.paging.actions.sign_in import digest_of
from oncall.web.access.flood_gate import FloodGate
from oncall.web.services.dependencies import kept
from oncall.wiring.identity_settings import IdentitySettings
from tests.paging.world import ticket_body
from tests.web.browser import Browser
from tests.web.service import Service

BEGIN, BACK = "/login/provider", "/login/provider/back"
USE_A_LINK = "try again later, or ask your manager for a link"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProviderDouble]:
    with OidcProviderDouble() as found:
        yield found


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory, running: OidcProviderDouble) -> Iterator[Service]:
    """The service with an identity provider; `ops-managers` are managers."""
    identity = IdentitySettings(running.issuer, CLIENT_ID, CLIENT_SECRET, "ops-managers")
    with Service(tmp_path_factory.mktemp("provided"), identity=identity) as service:
        yield service


@pytest.fixture
def double(running: OidcProviderDouble, provided: Service) -> OidcProviderDouble:
    """The provider, which signs in ana and tells the truth. The service has forgotten the provider's document."""
    running.becomes("ana@example.com")
    services = kept(provided.app).services
    services.refusals.sources._used.clear()
    services.sign_in_gate._used.clear()
    services.identity._kept = None  # type: ignore[union-attr]
    return running


@pytest.fixture
def browser(provided: Service) -> Iterator[Browser]:
    with Browser(provided) as found:
        yield found


def visit(browser: Browser, wanted: str = "") -> str:
    """Begin a sign-in and let the provider answer. Returns the path and query to which it sends the browser."""
    begun = browser.get(f"{BEGIN}?next={wanted}")
    assert begun.status_code == 303, begun.text
    back = httpx.get(begun.headers["location"], follow_redirects=False).headers["location"]
    assert back.startswith(browser.service.address + BACK)
    return back.removeprefix(browser.service.address)


def sign_in(browser: Browser, wanted: str = "") -> httpx.Response:
    return browser.get(visit(browser, wanted))


def words(answer: httpx.Response, status: int, expected: str) -> None:
    """Check that an answer is a page with this status and this sentence."""
    assert answer.status_code == status, answer.text
    alert = BeautifulSoup(answer.text, "html.parser").find(role="alert")
    assert alert is not None
    # A page ends a refusal as a sentence.
    assert alert.text == f"{expected}."
    assert "set-cookie" not in answer.headers


def test_a_person_on_the_roster_signs_in_and_is_led_to_the_page_they_wanted(
    double: OidcProviderDouble, browser: Browser
) -> None:
    assert "Sign in with your organization's account" in browser.page("/login").text
    link = browser.page("/login?next=%2Fboard%3Fweeks%3D13").find("a", class_="button")
    assert link is not None
    begun = browser.get(str(link["href"]))
    asked = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    assert asked["redirect_uri"] == browser.service.address + BACK
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    kept_as = begun.headers["set-cookie"]
    assert kept_as.startswith("oncall-sign-in=")
    assert kept_as.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax")
    back = httpx.get(begun.headers["location"]).headers["location"].removeprefix(browser.service.address)
    answer = browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?weeks=13")
    assert browser.get("/").headers["location"] == "/me"
    assert "Ana Pereira" in browser.get("/me").text


@pytest.mark.parametrize(
    ("email", "groups", "start"),
    [
        ("ana@example.com", [], "/me"),
        ("ANA@Example.com", ["ops-managers"], "/board"),
        ("mei@example.com", [], "/board"),
    ],
)
def test_the_roster_and_the_group_decide_the_role(
    double: OidcProviderDouble, browser: Browser, email: str, groups: list[str], start: str
) -> None:
    double.becomes(email, groups=groups)
    assert sign_in(browser).headers["location"] == "/"
    assert browser.get("/").headers["location"] == start


@pytest.mark.parametrize(("groups", "status"), [([], 403), (["ops-managers"], 303)])
def test_the_group_gives_the_rights_of_a_manager(
    double: OidcProviderDouble, browser: Browser, groups: list[str], status: int
) -> None:
    double.becomes("ana@example.com", groups=groups)
    sign_in(browser)
    hours = {"from": "2027-02-01T20:00", "to": "2027-02-01T22:00", "role": "secondary", "force": "yes"}
    answer = browser.fill("/board", "/board/override", **hours, engineer="elena", reason="a favour")
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (
            {"email": "zoe@example.com"},
            "zoe@example.com is not on the published roster; your manager can add it there and publish",
        ),
        (
            {"email": "ana@example.com.evil.example"},
            "ana@example.com.evil.example is not on the published roster; your manager can add it there and publish",
        ),
        (
            {"email_verified": False},
            "the identity provider has not verified your e-mail address; verify it there, then sign in again",
        ),
        (
            {"email_verified": None},
            "the identity provider has not verified your e-mail address; verify it there, then sign in again",
        ),
        (
            {"email": None},
            "the identity provider names no e-mail address for you; your administrator can add it to the sign-in",
        ),
    ],
)
def test_an_unknown_person_and_an_unverified_address_stay_out(
    double: OidcProviderDouble, browser: Browser, claims: dict[str, object], sentence: str
) -> None:
    double.lies = Lies(claims=claims, discovery={"userinfo_endpoint": None})
    words(sign_in(browser), 403, sentence)
    assert browser.get("/").headers["location"] == "/login"


def test_an_answer_is_used_once(double: OidcProviderDouble, browser: Browser) -> None:
    back = visit(browser)
    cookie = {"Cookie": f"oncall-sign-in={browser.http.cookies['oncall-sign-in']}"}
    assert browser.get(back, **cookie).status_code == 303
    with Browser(browser.service) as another:
        words(another.get(back, **cookie), 403, NO_HANDSHAKE)
    assert NO_HANDSHAKE == (
        "this sign-in was finished already, has ended, or was begun in another browser; "
        "begin again from the sign-in page"
    )


def test_an_answer_that_another_browser_began_is_refused(double: OidcProviderDouble, browser: Browser) -> None:
    """An attacker who sends a victim their own answer does not sign the victim in as the attacker."""
    with Browser(browser.service) as victim:
        words(victim.get(visit(browser)), 403, NO_HANDSHAKE)
        visit(victim)
        words(victim.get(visit(browser)), 403, NO_HANDSHAKE)
        assert victim.get("/").headers["location"] == "/login"


@pytest.mark.parametrize("query", ["", "?state=guessed&code=x", "?code=x", "?state=%00&code=%F0%9F%92%A9"])
def test_an_answer_that_nobody_asked_for_is_refused(double: OidcProviderDouble, browser: Browser, query: str) -> None:
    words(browser.get(BACK + query), 403, NO_HANDSHAKE)


def test_a_sign_in_ends_after_ten_minutes(double: OidcProviderDouble, browser: Browser) -> None:
    made, begun = new_secrets(), datetime(2026, 1, 1, tzinfo=UTC)
    # Another handshake would delete this one, so it is stored as if its ten minutes ended now.
    browser.service.store.write(lambda tx: begin_handshake(made, "browser", tx, wanted="/", real_now=begun))
    words(browser.get(f"{BACK}?state={made.state}&code=x", Cookie="oncall-sign-in=browser"), 403, NO_HANDSHAKE)


@pytest.mark.parametrize(
    ("error", "word"), [("access_denied", "access_denied"), ("<script>", "no reason given"), ("", "no reason given")]
)
def test_a_person_whom_the_provider_refuses_reads_so(
    double: OidcProviderDouble, browser: Browser, error: str, word: str
) -> None:
    state = dict(parse_qsl(urlsplit(visit(browser)).query))["state"]
    answer = browser.http.get(BACK, params={"state": state, "error": error})
    words(answer, 403, f"the identity provider did not sign you in: {word}")


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/login", "/v1/me"])
def test_no_address_of_another_site_is_led_to(double: OidcProviderDouble, browser: Browser, wanted: str) -> None:
    assert sign_in(browser, wanted).headers["location"] == "/"


def test_a_provider_that_lies_signs_nobody_in_and_the_page_says_why(
    double: OidcProviderDouble, browser: Browser
) -> None:
    double.lies = Lies(claims={"aud": "another-app"})
    why = "the identity provider's ID token was refused: it is for another application"
    words(sign_in(browser), 502, f"{why}; {USE_A_LINK}")


def test_a_provider_that_is_away_is_named_and_a_link_still_signs_in(
    double: OidcProviderDouble, browser: Browser
) -> None:
    double.lies = Lies(canned={DISCOVERY: Canned(503)})
    why = "the identity provider failed: HTTP 503 for the discovery document"
    words(browser.get(BEGIN), 503, f"{why}; {USE_A_LINK}")
    browser.sign_in("ana")
    assert browser.get("/").headers["location"] == "/me"


def test_a_provider_that_hangs_does_not_hold_up_the_pager(double: OidcProviderDouble, browser: Browser) -> None:
    http = kept(browser.service.app).services.identity._http  # type: ignore[union-attr]
    back, usual = visit(browser), http.deadline_seconds
    double.lies = Lies(silent={TOKEN})
    http.deadline_seconds = 0.5
    try:
        with httpx.Client(base_url=browser.service.address, timeout=30) as waiting:
            asking = waiting.build_request(
                "GET", back, headers={"Cookie": f"oncall-sign-in={browser.http.cookies['oncall-sign-in']}"}
            )
            answers: list[httpx.Response] = []
            thread = threading.Thread(target=lambda: answers.append(waiting.send(asking)))
            thread.start()
            browser.service.until(lambda: TOKEN in double.paths)
            assert browser.service.post(ticket_body("T-MEANWHILE")).status_code == 202
            browser.service.until(lambda: bool(browser.service.twilio.messages))
            thread.join()
    finally:
        http.deadline_seconds = usual
    words(answers[0], 503, f"the identity provider did not answer within 0.5 s; {USE_A_LINK}")


def test_a_sign_in_replaces_the_session_that_the_browser_had(double: OidcProviderDouble, browser: Browser) -> None:
    browser.sign_in("ben")
    planted = browser.http.cookies["oncall"]
    sign_in(browser)
    assert browser.http.cookies["oncall"] != planted
    assert browser.service.store.read(lambda tx: tx.page_session(digest_of(planted))) is None


def test_signing_out_ends_the_session_here_and_then_at_the_provider(
    double: OidcProviderDouble, browser: Browser
) -> None:
    sign_in(browser)
    session = digest_of(browser.http.cookies["oncall"])
    answer = browser.fill("/me", "/logout")
    assert answer.status_code == 200
    assert 'oncall=""' in answer.headers["set-cookie"]
    assert browser.service.store.read(lambda tx: tx.page_session(session)) is None
    link = BeautifulSoup(answer.text, "html.parser").find("a", string="Sign out of the identity provider, too")
    assert link is not None
    leads_to = urlsplit(str(link["href"]))
    asked = dict(parse_qsl(leads_to.query))
    assert (f"{leads_to.scheme}://{leads_to.netloc}", leads_to.path) == (double.issuer, END)
    assert asked["post_logout_redirect_uri"] == browser.service.address + "/login"
    assert asked["id_token_hint"].count(".") == 2
    assert f'content="0; url={double.issuer}{END}' in answer.text


@pytest.mark.parametrize(
    "lies", [Lies(discovery={"end_session_endpoint": None}), Lies(canned={DISCOVERY: Canned(503)})]
)
def test_signing_out_here_needs_no_provider(double: OidcProviderDouble, browser: Browser, lies: Lies) -> None:
    sign_in(browser)
    kept(browser.service.app).services.identity._kept = None  # type: ignore[union-attr]
    double.lies = lies
    answer = browser.fill("/me", "/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert browser.get("/").headers["location"] == "/login"


def test_each_sign_in_and_refusal_is_logged_without_secrets(
    double: OidcProviderDouble, browser: Browser, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        back = visit(browser)
        browser.get(back)
        browser.get(back)
        double.lies = Lies(claims={"nonce": "another"})
        sign_in(browser)
        double.lies = Lies(canned={TOKEN: Canned(400, b'{"error_description": "the secret is hunter2"}')})
        sign_in(browser)
    listed = [
        (line["action"], line.get("person"), line.get("why")) for line in logs if "sign" in line.get("action", "")
    ]
    refused = "the identity provider's ID token was refused: it belongs to another sign-in"
    assert listed == [
        ("signed_in", "ana", None),
        ("sign_in_refused", None, NO_HANDSHAKE),
        ("sign_in_refused", None, f"{refused}; {USE_A_LINK}"),
        ("sign_in_refused", None, f"the identity provider refused: HTTP 400 for the sign-in's code; {USE_A_LINK}"),
    ]
    own = [record.getMessage() for record in caplog.records if not record.name.startswith(("http", "asyncio"))]
    everything = "\n".join([str(logs), *own, *capsys.readouterr()])
    sent = dict(parse_qsl(urlsplit(back).query))
    for secret in (CLIENT_SECRET, "hunter2", sent["code"], sent["state"], browser.http.cookies["oncall"]):
        assert secret not in everything


def test_an_address_that_begins_too_many_sign_ins_gets_429(double: OidcProviderDouble, browser: Browser) -> None:
    services = kept(browser.service.app).services
    object.__setattr__(services, "sign_in_gate", FloodGate(burst=2, per_second=0))
    assert [browser.get(BEGIN).status_code for _ in range(3)] == [303, 303, 429]
    object.__setattr__(services, "sign_in_gate", FloodGate(burst=60, per_second=1))


def test_a_service_without_a_provider_says_so(quiet: Service) -> None:
    with Browser(quiet) as browser:
        assert "organization" not in browser.get("/login").text
        sentence = "this service has no identity provider; ask your manager for a link"
        words(browser.get(BEGIN), 404, sentence)
        words(browser.get(BACK), 404, sentence)
