"""Tokens over HTTP and through the terminal: a token never gives more rights than the one that asks."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest

from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.paging.ports.store import Transaction
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import SATURDAY_NIGHT
from tests.web.service import Service, problem


def add(service: Service, secret: str, name: str, role: CallerRole, label: str = "", *scopes: Scope) -> None:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = Token(name, role, digest, SATURDAY_NIGHT, label=label, scopes=frozenset(scopes))

    def work(tx: Transaction) -> None:
        tx.add_token(token)

    service.store.write(work)


def ask(service: Service, action: str, by: str, **body: Any) -> httpx.Response:
    return service.post(body, by=by, path=f"/v1/tokens{action}")


def test_a_manager_makes_rotates_lists_and_revokes_tokens_through_the_terminal(
    service: Service,
    oncall: Oncall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    made = json.loads(oncall("token", "create", "crm", "--role", "intake", "--scope", "tickets", "--json").out)
    assert (made["name"], made["role"], set(made)) == ("crm", "intake", {"name", "role", "token"})
    assert service.post({"plan": "standard", "impact": "low"}, by=made["token"], path="/v1/explain").status_code == 200
    assert "WARNING" in oncall("token", "create", "anna", "--role", "engineer").err
    rotated = oncall("token", "rotate", "crm", "--overlap", "1h", "--expires", "2199-12-31")
    assert rotated.out.startswith("oncall_")
    assert "The old one works until" in rotated.err
    listed = json.loads(oncall("token", "list", "--json").out)["tokens"]
    (crm,) = [token for token in listed if token["name"] == "crm"]
    assert (crm["scopes"], crm["expires_at"][:10]) == (["tickets"], "2200-01-01")
    assert made["token"] not in json.dumps(listed)
    assert oncall("token", "revoke", "crm").out == "Revoked crm's token.\n"
    ran = oncall("token", "revoke", "crm")
    assert (ran.code, ran.err) == (1, 'oncall: there is no token "crm"; `oncall token list` shows them\n')


def test_an_engineer_sees_rotates_and_revokes_their_own_tokens_alone(service: Service) -> None:
    add(service, "ana-laptop", "ana", CallerRole.ENGINEER, "laptop")
    add(service, "ana-boss", "ana", CallerRole.MANAGER, "boss")
    names = [token["name"] for token in service.call("GET", "/v1/tokens", by="ana").json()["tokens"]]
    assert names == ["ana", "ana:boss", "ana:laptop"]
    assert ask(service, "/rotate", "ana", name="ana:laptop").json()["token"].startswith("oncall_")
    words = "this token rotates and revokes the engineer's tokens of ana alone"
    for other in ("ana:boss", "mei", "zendesk", "nobody"):
        problem(ask(service, "/rotate", "ana", name=other), 403, words)
        problem(ask(service, "/revoke", "ana", name=other), 403, words)
    longer = ask(service, "/rotate", "ana", name="ana", expires="2199-01-01")
    problem(longer, 403, "only a manager changes the end of a token: leave `expires` out")
    problem(ask(service, "", "ana", name="ana:new", role="engineer"), 403, "a token of role engineer may not do this")
    assert ask(service, "/revoke", "ana", name="ana:laptop").json()["others"] == ["ana", "ana:boss"]


def test_a_token_with_scopes_gives_no_token_more_than_it_has(service: Service) -> None:
    add(service, "narrow", "mei", CallerRole.MANAGER, "narrow", Scope.CHANGE, Scope.READ)
    words = "this token has only change, read, and gives no token more than that"
    problem(ask(service, "", "narrow", name="evil", role="manager"), 403, words)
    problem(ask(service, "", "narrow", name="evil", role="manager", scopes=["events"]), 403, words)
    problem(ask(service, "/rotate", "narrow", name="mei"), 403, words)
    assert ask(service, "", "narrow", name="fine", role="manager", scopes=["read"]).status_code == 201


@pytest.mark.parametrize(
    ("action", "body", "faults"),
    [
        ("", {}, ["name: missing", "role: missing"]),
        ("", {"name": "x", "role": "intake", "scopes": "read"}, ['scopes: write a list, like ["read"]']),
        ("", {"name": "x", "role": "intake", "may_acknowledge": 1}, ["may_acknowledge: write true or false"]),
        (
            "",
            {"name": "x", "role": "intake", "expires": "soon"},
            ['expires: "soon" is not a date; write one like "2027-12-31"'],
        ),
        ("/rotate", {"name": 5}, ["name: write text of 1 to 91 characters"]),
        (
            "/rotate",
            {"name": "mei", "overlap_seconds": True},
            ["overlap_seconds: write a whole number of seconds from 0 to 2592000"],
        ),
        ("/revoke", {"name": ""}, ["name: write text of 1 to 91 characters"]),
    ],
)
def test_a_body_that_cannot_be_used_names_every_field(
    quiet: Service, action: str, body: dict[str, Any], faults: list[str]
) -> None:
    answer = ask(quiet, action, "mei", **body)
    assert answer.status_code == 422
    assert [f"{fault['field']}: {fault['message']}" for fault in answer.json()["errors"]] == faults


def test_a_secret_is_never_stored_by_a_proxy(service: Service) -> None:
    assert ask(service, "", "mei", name="crm", role="intake").headers["cache-control"] == "no-store"
