"""A locked, full or missing database: intake answers 503 and stores nothing; afterwards everything is paged."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from doubles.disk import full_disk
from oncall.errors import StoreError, StoreInDoubt, StoreUnavailable
from oncall.web.edge.problem_documents import install
from tests.paging.world import ticket_body
from tests.web.service import Service, problem

IN_DOUBT = (
    "the connection to the database was lost, so this may be stored or not; "
    "it is safe to send a ticket, or an event with an id, again"
)
NOTHING_STORED = "the database cannot answer now, and nothing was stored; send the same request again"


def expect_refused(answer: httpx.Response) -> None:
    problem(answer, 503, NOTHING_STORED)
    assert answer.headers["retry-after"] == "5"


def expect_paged(service: Service, *tickets: str) -> None:
    """Check that each of these tickets was texted once, and no other."""
    messages = service.twilio.wait_for_messages(len(tickets))
    assert sorted(message.body.split()[1] for message in messages) == sorted(tickets)


@pytest.mark.slow
def test_a_database_that_is_gone_for_a_while_is_missed_and_then_pages(service: Service) -> None:
    assert service.post(ticket_body("T-1")).status_code == 202
    expect_paged(service, "T-1")
    away = service.file.with_suffix(".away")
    service.file.rename(away)
    try:
        for _ in range(3):
            expect_refused(service.post(ticket_body("T-2")))
        assert service.call("GET", "/readyz", by=None).status_code == 503
        assert service.call("GET", "/healthz", by=None).status_code == 200
    finally:
        away.rename(service.file)
    service.until(lambda: service.post(ticket_body("T-2")).status_code in (200, 202))
    expect_paged(service, "T-1", "T-2")
    service.until(lambda: service.call("GET", "/readyz", by=None).status_code == 200)


@pytest.mark.slow
def test_a_database_that_another_program_locks_is_waited_for_and_then_refused(service: Service) -> None:
    with closing(sqlite3.connect(service.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        expect_refused(service.post(ticket_body("T-1")))
        assert service.call("GET", "/v1/tickets/T-1").status_code == 404, "reading goes on beside a writer"
        other.execute("ROLLBACK")
    assert service.post(ticket_body("T-1")).status_code == 202
    expect_paged(service, "T-1")


@pytest.mark.parametrize(
    ("error", "words"), [(StoreInDoubt("db: cut"), IN_DOUBT), (StoreUnavailable("db: away"), NOTHING_STORED)]
)
def test_whoever_posts_is_told_what_was_stored_when_the_database_is_lost(error: StoreError, words: str) -> None:
    app = FastAPI()
    install(app)

    @app.post("/v1/tickets")
    async def lost() -> None:
        raise error

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
            return await http.post("/v1/tickets")

    answer = asyncio.run(post())
    problem(answer, 503, words)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.slow
def test_a_disk_that_fills_stores_whole_tickets_or_none_and_pages_those_it_stored(tmp_path: Path) -> None:
    service = Service(tmp_path, is_each_urgent_page_alone=True)
    with full_disk(spare_pages=30), service:
        answers = {name: service.post(ticket_body(name, subject="x" * 200)) for name in map("T-{}".format, range(80))}
        accepted = [name for name, answer in answers.items() if answer.status_code == 202]
        refused = [name for name in answers if name not in accepted]
        assert accepted
        assert refused
        for name in refused:
            expect_refused(answers[name])
            assert service.call("GET", f"/v1/tickets/{name}").status_code == 404
        expect_paged(service, *accepted)
