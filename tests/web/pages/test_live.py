"""Live pages: an open page is told of each change within a second, misses none, and never slows the pager."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from doubles.event_loop import until
from oncall.errors import StoreUnavailable
from oncall.web.edge.overload import Overload
from oncall.web.pages.frame.live_routes import EventStream
from oncall.web.services.live_feed import LONGEST_PAUSE, MOST_PER_SESSION, LiveFeed, LivePlace, LiveTimes, place_of
from oncall.web.services.live_feed import STREAM_PATH as STREAM
from tests.paging.world import ticket_body
from tests.web.browser import Browser
from tests.web.service import Service


class Log:
    """What the pages follow: a log of events, which the test lets grow."""

    def __init__(self) -> None:
        self.event, self.asked, self.is_away, self.is_signed_in = 1, 0, False, True
        self.feed = LiveFeed(self.place, LiveTimes(poll=0.001, alive=0.01, turn=0.0))

    async def place(self) -> LivePlace:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return LivePlace(self.event, self.event, 7)

    async def signed_in(self) -> bool:
        return self.is_signed_in

    def follow(self, after: str = "", session: str = "s") -> Stream:
        return Stream(self, after, session)


class Stream:
    """One page's stream, as the page reads it."""

    def __init__(self, log: Log, after: str, session: str) -> None:
        self.lines = log.feed.follow(session, LivePlace.read(after), log.signed_in)

    async def event(self) -> str:
        """Return the next event; comments are left out."""
        async for part in self.lines:
            if part.startswith("id:"):
                return part
        return "end"


def run(story: Callable[[Log], Awaitable[None]]) -> None:
    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            log = Log()
            await story(log)
            log.feed.stop()

    asyncio.run(within_a_minute())


def test_an_event_names_its_place_in_the_log_and_what_has_changed() -> None:
    async def story(log: Log) -> None:
        assert await log.follow("0-0-7").event() == "id: 1-1-7-0\nevent: changed\ndata: tickets\n\n"
        assert await log.follow("1-1-6").event() == "id: 1-1-7-0\nevent: changed\ndata: schedule\n\n"

    run(story)


def test_nothing_is_sent_but_comments_while_no_fact_changes() -> None:
    async def story(log: Log) -> None:
        stream = log.follow("1-1-7")
        first = [await anext(stream.lines) for _ in range(3)]
        assert first == ["retry: 2000\n\n", ": alive\n\n", ": alive\n\n"]
        log.event = 2
        assert "id: 2-2-7" in await stream.event()

    run(story)


def test_a_page_that_was_away_hears_of_what_it_missed() -> None:
    async def story(log: Log) -> None:
        first = log.follow("1-1-7")
        log.event = 5
        assert "id: 5-5-7" in await first.event()
        await first.lines.aclose()
        log.event = 9
        assert "id: 9-9-7" in await log.follow("5-5-7").event()

    run(story)


def test_many_pages_cost_no_more_queries_than_one() -> None:
    async def story(log: Log) -> None:
        pages = [log.follow("1-1-7", session=str(number)) for number in range(50)]
        heard = [asyncio.create_task(page.event()) for page in pages]
        await until(lambda: log.asked >= 5)
        asked, log.event = log.asked, 2
        assert {await each for each in heard} == {"id: 2-2-7-0\nevent: changed\ndata: tickets\n\n"}
        assert log.asked - asked < 50

    run(story)


def test_a_stream_ends_with_its_session_and_outlives_a_database_that_is_away() -> None:
    async def story(log: Log) -> None:
        log.is_away = True
        stream = log.follow("1-1-7")
        await anext(stream.lines)
        assert await anext(stream.lines) == ": alive\n\n"
        log.is_away, log.event = False, 2
        assert "id: 2-2-7" in await stream.event()
        log.is_signed_in = False
        assert await stream.event() == "end"

    run(story)


@pytest.mark.parametrize("is_of_a_draft", [False, True])
def test_a_stream_that_is_never_quiet_ends_with_its_session(is_of_a_draft: bool) -> None:
    async def story(log: Log) -> None:
        async def next_place() -> LivePlace:
            log.event += 1
            return LivePlace(log.event, log.event, 7)

        async def next_mark() -> str:
            return str(await next_place())

        log.is_signed_in = False
        feed = LiveFeed(next_place, LiveTimes(poll=0.001, alive=0.1, turn=0.0))
        lines = feed.follow_mark("s", "", next_mark, log.signed_in)
        if not is_of_a_draft:
            lines = feed.follow("s", None, log.signed_in)
        told = 0
        async for _ in lines:
            told += 1
            assert told < 500, "the stream outlives its session"

    run(story)


def test_open_streams_take_no_place_from_callers_and_end_with_their_readers() -> None:
    async def story(log: Log) -> None:
        heads, is_gone = [], asyncio.Event()

        async def stream(scope: Scope, receive: Receive, send: Send) -> None:
            await EventStream(log.follow("1-1-7").lines)(scope, receive, send)

        async def receive() -> Message:
            await is_gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            heads.extend([message["status"]] if message["type"] == "http.response.start" else [])

        service, scope = Overload(stream, most=1), {"type": "http", "path": STREAM, "method": "GET", "headers": []}
        readers = []
        for number in range(5):
            readers.append(asyncio.create_task(service(scope, receive, send)))
            await until(lambda: len(heads) > number)  # noqa: B023  # it is awaited at once
        assert heads == [200] * 5
        is_gone.set()
        await asyncio.gather(*readers)
        assert log.feed.is_full("s") is False

    run(story)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "1-2", "1-2-", "-1-2-3", "1-2-3\n", "1-2-3-", "1-2-3-4-5", "१-२-३", "9" * 40 + "-1-1"]
)
def test_a_place_that_is_none_counts_as_none(text: str) -> None:
    assert LivePlace.read(text) is None
    assert LivePlace.read(str(LivePlace(12, 9, 3, 2))) == LivePlace(12, 9, 3, 2)
    # Pages that were open before an upgrade name a place without swaps.
    assert LivePlace.read("12-9-3") == LivePlace(12, 9, 3)


@pytest.fixture
def ana(service: Service) -> Iterator[Browser]:
    with Browser(service) as browser:
        browser.sign_in("ana")
        yield browser


def next_id(answer: httpx.Response) -> str:
    """Return the id of the next event."""
    return next(line for line in answer.iter_lines() if line.startswith("id: ")).removeprefix("id: ")


def test_two_tabs_are_told_of_a_ticket_and_a_stream_resumes_where_it_was(ana: Browser, service: Service) -> None:
    body = ana.page("/board").select_one("body")
    assert body is not None
    before = str(body["data-at"])
    with ana.http.stream("GET", f"{STREAM}?after={before}") as one, ana.http.stream("GET", STREAM) as other:
        assert one.headers["content-type"].startswith("text/event-stream")
        assert (one.headers["x-accel-buffering"], one.headers["cache-control"]) == ("no", "no-store")
        assert service.post(ticket_body("T-1")).status_code == 202
        first = next_id(one)
        assert next_id(other)
        assert first != before
    with ana.http.stream("GET", STREAM, headers={"Last-Event-ID": before}) as resumed:
        assert next_id(resumed) != before
    now = ana.page("/board")
    assert "T-1" in now.get_text()


def test_an_event_that_is_committed_after_a_newer_one_is_a_change_too(service: Service) -> None:
    assert service.post(ticket_body("T-1")).status_code == 202
    with closing(sqlite3.connect(service.file)) as file, file:
        late = file.execute("SELECT * FROM events ORDER BY seq LIMIT 1").fetchone()
        file.execute("DELETE FROM events WHERE seq = ?", [late[0]])
    before = service.store.read(place_of)
    with closing(sqlite3.connect(service.file)) as file, file:
        file.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(late))})", late)
    after = service.store.read(place_of)
    assert after.present == before.present + 1


def test_a_session_has_only_so_many_streams(ana: Browser, service: Service) -> None:
    with httpx.Client(base_url=service.address, cookies=ana.http.cookies) as http:
        streams = [http.send(http.build_request("GET", STREAM), stream=True) for _ in range(MOST_PER_SESSION)]
        # Each has begun once its first line is here.
        lines = [stream.iter_lines() for stream in streams]
        assert {next(each) for each in lines} == {"retry: 2000"}
        refused = ana.get(STREAM)
        assert refused.status_code == 503
        assert "too many live pages are open; close some of them" in refused.text
        for stream in streams:
            stream.close()
        service.until(lambda: _status(ana) == 200)


def test_the_server_stops_without_waiting_for_open_pages(tmp_path: Path) -> None:
    with Service(tmp_path) as service, Browser(service) as browser:
        browser.sign_in("ana")
        answer = browser.http.send(browser.http.build_request("GET", STREAM), stream=True)
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        service.stop_soon()
        # The answer ends as it should: the connection is not cut.
        assert [line for line in lines if line.startswith("id:")] == []
        answer.close()


def test_a_page_has_the_script_from_the_package_and_its_place_and_works_without_it(ana: Browser) -> None:
    found = ana.page("/board")
    script, body = found.select_one("script[src]"), found.select_one("body")
    assert script is not None
    assert body is not None
    assert re.fullmatch(r"/assets/live\.[0-9a-f]{12}\.js", str(script["src"]))
    answer = ana.get(str(script["src"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert LivePlace.read(str(body["data-at"])) is not None
    assert str(body["data-now"]).startswith("2027-01-09T08:1")
    assert found.select_one("noscript meta[http-equiv=refresh]") is not None
    assert not [each for each in found.find_all(True) if any(name.startswith("on") for name in each.attrs)]


def test_the_live_parts_are_those_of_the_board_and_the_same_for_every_visitor(ana: Browser, service: Service) -> None:
    assert service.post(ticket_body("T-1")).status_code == 202
    with Browser(service) as mei:
        mei.sign_in("mei")
        for query in ("weeks=4", "weeks=13&person=ana"):
            board = ana.page(f"/board?{query}")
            live = str(board.select("body")[0]["data-page"])
            mine, theirs = (browser.page(live) for browser in (ana, mei))
            whole = ana.page(live.partition("&table=")[0])
            parts = [found.select("[data-live]") for found in (board, whole, mine, theirs)]
            names = [[each["data-live"] for each in found] for found in parts]
            # Who has the table already gets it again only when it has changed.
            assert names == [["now", "tickets", "table"]] * 2 + [["now", "tickets"]] * 2
            assert parts[0][-1] == parts[1][-1]
            assert mine.select("form, header a") == []
        assert mei.fill("/board", "/board/cover", by="chloe", reason="ana is ill").status_code == 303
        changed = ana.page(live).select('[data-live="table"]')
        assert (len(changed), changed == parts[0][-1:]) == (1, False)
    refused = ana.get("/board/live?weeks=5")
    assert (refused.status_code, "Weeks: write 4, 13 or 52" in refused.text) == (422, True)


def test_a_page_that_is_told_of_a_ticket_finds_it_in_the_live_parts(ana: Browser, service: Service) -> None:
    body = ana.page("/board").select_one("body")
    assert body is not None
    stream = f"{STREAM}?after={body['data-at']}"
    for name in ("T-1", "T-2"):
        with ana.http.stream("GET", stream) as answer:
            if name == "T-1":
                assert "T-1" not in ana.get(str(body["data-page"])).text
            assert service.post(ticket_body(name)).status_code == 202
            told = [line for line in _until_told(answer.iter_lines()) if line.startswith("id: ")]
            found = ana.get(str(body["data-page"])).text
        assert f'href="/board/tickets/{name}"' in found
        stream = f"{STREAM}?after={told[-1][4:]}"


def _until_told(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines up to the event that tells of a change."""
    for line in lines:
        yield line
        if line.startswith("data: "):
            return


def test_pages_are_told_less_often_when_what_they_show_costs_much() -> None:
    async def place() -> LivePlace:
        return LivePlace(1, 1, 1)

    feed = LiveFeed(place, LiveTimes(poll=1.0))
    pauses = []
    for seconds in (0.01, 0.25, 60.0):
        feed.spare(seconds)
        pauses.append(feed.pause)
    assert pauses == [1.0, 2.5, LONGEST_PAUSE]


@pytest.mark.parametrize("path", ["/board", "/me", "/board/tickets/T-1"])
def test_the_parts_that_are_loaded_again_have_names_of_their_own_and_no_field_to_type_in(
    ana: Browser, service: Service, path: str
) -> None:
    assert service.post(ticket_body("T-1")).status_code == 202
    found = ana.page(path)
    names = [str(part["data-live"]) for part in found.select("[data-live]")]
    assert len(set(names)) == len(names) > 1
    assert found.select('[data-live] input:not([type="hidden"]), [data-live] textarea, [data-live] select') == []
    (left,) = {each.get_text() for each in found.select("[data-live] [data-due]")}
    assert re.fullmatch(r"(\d+ h )?\d+ min|\d+ h", left)


def _status(browser: Browser) -> int:
    with browser.http.stream("GET", STREAM) as answer:
        return answer.status_code
