"""`oncall intake test`: the ticket and the verdict that a sample body would cause, without storing or sending."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.web.service import Service

MAPPINGS = Path(__file__).parents[3] / "mappings"
SAMPLES = MAPPINGS / "samples"


def test_a_sample_shows_its_ticket_and_the_verdict(published: Oncall) -> None:
    ran = published("intake", "test", "jira", SAMPLES / "jira-created.json")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:5] == [
        "id: SUP-42",
        "customer: Acme Ltd",
        "plan: standard",
        "impact: urgent",
        "subject: Sessions do not start",
    ]
    assert "verdict: page" in lines
    assert json.loads(published("tickets", "--json").out)["tickets"] == []


def test_the_json_has_the_posted_ticket_and_the_whole_verdict(published: Oncall) -> None:
    ran = published("intake", "test", "jira", SAMPLES / "jira-created.json", "--json")
    view = json.loads(ran.out)
    ticket = view["tickets"][0]
    assert (view["mapping"], view["events"], view["faults"]) == ("jira", [], [])
    assert (ticket["ticket"]["id"], ticket["verdict"]["action"]) == ("SUP-42", "page")


def test_a_mapping_file_is_read_by_its_path(published: Oncall) -> None:
    ran = published("intake", "test", MAPPINGS / "freshdesk.yaml", SAMPLES / "freshdesk-resolved.json")
    assert (ran.code, ran.out) == (0, "fd-1042: resolved (why resolved in Freshdesk)\n")


def test_a_sender_with_a_format_of_its_own_is_tested_by_its_name(published: Oncall, tmp_path: Path) -> None:
    sample = tmp_path / "zendesk.json"
    sample.write_text('{"ticket": {"id": "1", "title": "say "hello"", "priority": "Low"}}', "utf-8")
    ran = published("intake", "test", "zendesk", sample, "--at", "2027-01-11T10:00")
    assert "id: zd-1" in ran.out and "verdict: desk" in ran.out
    assert ran.err.startswith("NOT UNDERSTOOD: the body is not JSON")


def test_a_body_that_the_mapping_ignores_says_so(published: Oncall, tmp_path: Path) -> None:
    (tmp_path / "ping.json").write_text('{"topic": "ping"}', "utf-8")
    ran = published("intake", "test", "intercom", tmp_path / "ping.json")
    assert (ran.code, ran.out) == (0, "This body says nothing about a ticket.\n")


@pytest.mark.parametrize(
    ("mapping", "body", "said"),
    [
        (
            "jira",
            '{"issue": {"id": "1"}}',
            "{sample}: the body has null as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed",
        ),
        ("freshdesk", "hello", "{sample}: the body is not JSON: line 1 column 1: Expecting value"),
        ("fresdesk", "{}", 'no mapping of this product has the name "fresdesk"; did you mean "freshdesk"?'),
        ("{folder}/own.yaml", "{}", '{folder}/own.yaml:1:16: ticket.id: "a..b" is no JMESPath from here on'),
        ("{folder}/no.yaml", "{}", "{folder}/no.yaml: there is no such file"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(
    published: Oncall, tmp_path: Path, mapping: str, body: str, said: str
) -> None:
    (tmp_path / "own.yaml").write_text("ticket: {id: a..b, impact: c}", "utf-8")
    sample = tmp_path / "sample.json"
    sample.write_text(body, "utf-8")
    ran = published("intake", "test", mapping.format(folder=tmp_path), sample)
    assert (ran.code, ran.out) == (1, "")
    assert said.replace("{sample}", str(sample)).replace("{folder}", str(tmp_path)) in ran.err


def test_a_sample_that_is_not_there_is_refused(published: Oncall) -> None:
    ran = published("intake", "test", "jira", "nowhere.json")
    assert (ran.code, ran.err) == (1, "oncall: nowhere.json: cannot be read: No such file or directory\n")


def test_a_server_gives_the_verdict_and_stores_nothing(
    oncall: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    with Service(tmp_path / "server") as service:
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
        ran = oncall("intake", "test", "jira", SAMPLES / "jira-created.json", "--json")
        assert service.call("GET", "/v1/tickets").json()["tickets"] == []
    (found,) = json.loads(ran.out)["tickets"]
    assert (ran.code, found["verdict"]["engineer"]) == (0, "ana")
