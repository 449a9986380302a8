"""Tokens at the API: rotated ones, several of one caller, scopes, and the last use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from oncall.paging.actions.token_actions import rotate_token
from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.store.database import open_store
from oncall.web.access.token_use import TokenUse
from tests.paging.world import ticket_body
from tests.web.service import Service, problem

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("tokens"), is_each_urgent_page_alone=True) as running:
        yield running


def add(service: Service, secret: str, name: str, role: CallerRole, **more: Any) -> None:
    token = Token(name, role, hashlib.sha256(secret.encode()).hexdigest(), started(service), **more)
    service.store.write(partial(lambda token, tx: tx.add_token(token), token))


def started(service: Service) -> datetime:
    """Return a real time near now: the pager's last beat."""
    beat = service.store.read(lambda tx: tx.last_beat())
    assert beat is not None
    return beat[0]


def status(service: Service, secret: str) -> int:
    return service.call("GET", "/v1/oncall", by=secret).status_code


def test_both_secrets_work_during_the_overlap_of_a_rotation(busy: Service) -> None:
    add(busy, "before", "eva", CallerRole.MANAGER)
    now = started(busy)
    made = busy.store.write(lambda tx: rotate_token("eva", tx, real_now=now, overlap=HOUR))
    assert [status(busy, secret) for secret in ("before", made.secret)] == [200, 200]


def test_after_the_overlap_the_old_secret_is_refused_and_says_why(busy: Service) -> None:
    add(busy, "outworn", "gina", CallerRole.MANAGER)
    began = started(busy) - 3 * HOUR
    made = busy.store.write(lambda tx: rotate_token("gina", tx, real_now=began, overlap=HOUR))
    ended = f"{began + HOUR:%Y-%m-%d %H:%M} UTC"
    words = f"this token was rotated and ended at {ended}; use the new one, or `oncall token rotate` makes another one"
    problem(busy.call("GET", "/v1/oncall", by="outworn"), 401, words)
    assert status(busy, made.secret) == 200


def test_a_new_end_does_not_bring_an_old_secret_back(busy: Service) -> None:
    now = started(busy)
    add(busy, "over", "hal", CallerRole.MANAGER, expires_at=now - HOUR)
    last_day = (now + 48 * HOUR).date()
    made = busy.store.write(lambda tx: rotate_token("hal", tx, real_now=now, overlap=HOUR, last_day=last_day))
    assert [status(busy, secret) for secret in ("over", made.secret)] == [401, 200]


def test_each_token_of_an_engineer_acts_for_that_engineer(busy: Service) -> None:
    add(busy, "ana on her laptop", "ana", CallerRole.ENGINEER, label="laptop")
    busy.post(ticket_body("T-LAPTOP"))
    answer = busy.post({"kind": "acknowledged"}, by="ana on her laptop", path="/v1/tickets/T-LAPTOP/events")
    assert answer.json()["owner"] == "ana"


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.TICKETS, [202, 403, 403, 403]),
        (Scope.EVENTS, [403, 200, 403, 403]),
        (Scope.READ, [403, 403, 200, 403]),
        (Scope.CHANGE, [403, 403, 403, 202]),
    ],
)
def test_a_scope_narrows_what_a_token_may_do(busy: Service, scope: Scope, allowed: list[int]) -> None:
    by = f"mei with {scope}"
    add(busy, by, "mei", CallerRole.MANAGER, label=scope.value, scopes=frozenset({scope}))
    busy.post(ticket_body(f"S-{scope}"))
    event = {"kind": "customer_replied"}
    answers = [
        busy.post(ticket_body(f"N-{scope}"), by=by),
        busy.post(event, by=by, path=f"/v1/tickets/S-{scope}/events"),
        busy.call("GET", "/v1/oncall", by=by),
        busy.post({"to": "ana"}, by=by, path="/v1/drills"),
    ]
    assert [answer.status_code for answer in answers] == allowed
    refused = next(answer for answer in answers if answer.status_code == 403)
    assert refused.json()["detail"].startswith("this token may not do this: it has no scope ")


def test_the_last_use_is_stored_when_the_service_stops(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Service(tmp_path_factory.mktemp("used")) as service:
        before = started(service)
        assert status(service, "mei") == 200
        address = service.settings.database_url
        assert address is not None
    with open_store(address) as store:
        used = {token.name: token.last_used_at for token in store.read(lambda tx: tx.tokens())}
    assert used["mei"] is not None
    assert used["mei"] >= before - HOUR
    assert used["zendesk"] is None


def test_a_use_is_stored_once_in_five_minutes_at_most() -> None:
    uses, at = TokenUse(), datetime(2027, 1, 9, 8, 12)  # noqa: DTZ001
    uses.note("zendesk", at)
    assert uses.unsaved() == {"zendesk": at}
    uses.saved(uses.unsaved())
    uses.note("zendesk", at + timedelta(minutes=4))
    assert uses.unsaved() == {}
    assert uses.rest() == {"zendesk": at + timedelta(minutes=4)}
    uses.note("zendesk", at + timedelta(minutes=5))
    assert uses.unsaved() == {"zendesk": at + timedelta(minutes=5)}
