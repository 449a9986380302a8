"""Open pages follow the facts: two tabs, a server that is killed, and a proxy that answers in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from bench.victims import Process, environment
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble
from tests.paging.world import ticket_body
from tests.system.databases import post
from tests.web.chromium.busy_service import posted
from tests.web.chromium.watched import Visits
from tests.web.service import Service

pytestmark = pytest.mark.system_packages
AT_ONCE = 2000
"""Milliseconds within which an open page shows a change."""
AWAY = "net::ERR_"
LOST = "This page has lost its connection and may be out of date. Reload it; you may have to sign in again."


def test_a_change_in_one_tab_appears_in_the_other_within_two_seconds(chromium: Browser, tmp_path: Path) -> None:
    with Service(tmp_path) as service, Visits(chromium, service).tab("ana") as one:
        visits = Visits(chromium, service)
        with visits.tab("mei") as other:
            one.open("/board")
            other.open("/board")
            for number in range(3):
                name = f"T-{number}"
                posted(service, ticket_body(name, impact="low"), "/v1/tickets", by="zendesk")
                for tab in (one, other):
                    expect(tab.page.locator("main")).to_contain_text(name, timeout=AT_ONCE)
            one.open("/board/tickets/T-1").get_by_role("button", name="Acknowledge").click()
            expect(other.page.locator("tr", has_text="T-1")).to_contain_text("taken by Ana Pereira", timeout=AT_ONCE)


def test_a_page_misses_nothing_while_its_server_is_killed_and_started_again(chromium: Browser, tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        session = Visits(chromium, service).session("ana")
    port, url = free_port(), f"sqlite:///{service.file}"
    with TwilioDouble() as twilio:
        address = f"http://127.0.0.1:{port}"
        process = Process(["serve", "--port", str(port)], environment(url, twilio), tmp_path / "serve.log", address)
        visits = Visits(chromium, service, address=address, sessions={"ana": session})
        try:
            process.start()
            with visits.tab("ana", may_say=[AWAY]) as tab:
                page = tab.open("/board")
                page.evaluate("window.isTheSamePage = true")
                post(url, ["T-BEFORE"])
                expect(page.locator("main")).to_contain_text("T-BEFORE")
                process.kill()
                post(url, ["T-MEANWHILE"])
                process.start()
                expect(page.locator("main")).to_contain_text("T-MEANWHILE", timeout=30_000)
                assert page.evaluate("window.isTheSamePage")
        finally:
            process.stop()


def test_a_page_is_live_again_after_a_proxy_has_answered_for_the_server(chromium: Browser, tmp_path: Path) -> None:
    def bad_gateway(route: Route) -> None:
        route.fulfill(status=502, body="bad gateway")

    with Service(tmp_path) as service, Visits(chromium, service).tab("ana", may_say=["502"]) as tab:
        tab.page.route("**/board/events*", bad_gateway, times=1)
        page = tab.open("/board")
        posted(service, ticket_body("T-1", impact="low"), "/v1/tickets", by="zendesk")
        expect(page.locator("main")).to_contain_text("T-1", timeout=30_000)


def test_a_page_that_has_lost_its_stream_says_so_until_it_is_live_again(chromium: Browser, tmp_path: Path) -> None:
    def bad_gateway(route: Route) -> None:
        route.fulfill(status=502, body="bad gateway")

    with Service(tmp_path) as service, Visits(chromium, service).tab("ana", may_say=["502"]) as tab:
        tab.page.route("**/board/events*", bad_gateway)
        warning = tab.open("/board").get_by_role("alert")
        expect(warning).to_have_text(LOST, timeout=30_000)
        tab.page.unroute("**/board/events*")
        expect(warning).to_have_count(0, timeout=30_000)


def test_a_part_that_is_loaded_again_keeps_the_focus_and_what_is_unfolded(chromium: Browser, tmp_path: Path) -> None:
    with Service(tmp_path, is_roster_published=True) as service, Visits(chromium, service).tab("ana") as tab:
        swap = {"engineer": "ana", "day": "2027-01-27", "with": "chloe", "reason": "a fair", "force": True}
        code = posted(service, swap, "/v1/schedule/swaps").json()["id"]
        button = tab.open("/me").get_by_role("button", name=f"Withdraw {code}")
        button.focus()
        swap |= {"day": "2027-02-25"}
        second = posted(service, swap, "/v1/schedule/swaps").json()["id"]
        expect(tab.page.locator("main")).to_contain_text(second)
        assert tab.page.evaluate("document.activeElement.localName") == "button"
