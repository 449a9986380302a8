"""Tokens in the terminal: created, shown once, listed, revoked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall.store.database import open_store
from tests.cli.conftest import Oncall


def test_a_token_is_shown_once_and_only_its_digest_is_kept(oncall: Oncall, tmp_path: Path) -> None:
    made = json.loads(oncall("token", "create", "zendesk", "--role", "intake", "--json").out)
    assert (made["name"], made["role"]) == ("zendesk", "intake")
    digest = hashlib.sha256(made["token"].encode()).hexdigest()
    with open_store(f"sqlite:///{tmp_path / 'oncall.db'}") as store:
        kept = store.read(lambda tx: tx.token_by_digest(digest))
    assert kept is not None
    assert (kept.name, kept.role.value) == ("zendesk", "intake")
    assert made["token"].encode() not in (tmp_path / "oncall.db").read_bytes()
    assert made["token"] not in oncall("token", "list", "--json").out


def test_an_engineer_s_token_for_a_name_on_no_roster_is_made_with_a_warning(published: Oncall) -> None:
    ran = published("token", "create", "anna", "--role", "engineer")
    assert (ran.code, ran.out.startswith("oncall_")) == (0, True)
    assert ran.err.splitlines()[0] == (
        "WARNING: the server refuses this token's events until anna is on the roster: "
        'anna is on no published roster; did you mean "ana"?'
    )
    assert "WARNING" not in published("token", "create", "ana", "--role", "engineer").err
    assert "WARNING" not in published("token", "create", "zendesk", "--role", "intake").err


def test_an_engineer_s_token_before_the_first_publication_is_made_with_a_warning(oncall: Oncall) -> None:
    assert "no roster is published, so ana is on none" in oncall("token", "create", "ana", "--role", "engineer").err


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("oncall", "the pager itself"),
        ("pager", "the pager itself"),
        ("desk", "the support desk"),
        ("system", "no person and no caller"),
        ("On-Call", "the pager itself"),
        ("DESK.", "the support desk"),
    ],
)
@pytest.mark.parametrize("role", ["intake", "engineer", "manager"])
def test_no_token_has_a_name_that_the_log_gives_to_no_person(
    oncall: Oncall, name: str, meaning: str, role: str
) -> None:
    ran = oncall("token", "create", name, "--role", role)
    words = f'oncall: "{name}" is the name of {meaning} in the log; choose another name\n'
    assert (ran.code, ran.out, ran.err) == (1, "", words)
    assert oncall("token", "list").out == ""


def test_a_program_does_not_get_the_name_of_a_person(published: Oncall) -> None:
    ran = published("token", "create", "ana", "--role", "intake")
    words = "oncall: ana is a person on the roster; give the program a name of its own\n"
    assert (ran.code, ran.err) == (1, words)


def test_a_token_that_may_acknowledge_and_expires_is_listed_so(oncall: Oncall) -> None:
    command = ("token", "create", "bridge", "--role", "intake", "--may-acknowledge", "--expires", "2199-12-31")
    made = oncall(*command, "--json")
    assert set(json.loads(made.out)) == {"name", "role", "token"}
    oncall("token", "create", "mei", "--role", "manager")
    listed = oncall("token", "list").out.splitlines()
    assert listed[0].endswith("UTC  may acknowledge  never used  expires 2200-01-01 05:00 UTC")
    assert listed[1].startswith("mei  manager  since ")
    tokens = json.loads(oncall("token", "list", "--json").out)["tokens"]
    assert [(token["may_acknowledge"], token["expires_at"]) for token in tokens] == [
        (True, "2200-01-01T05:00:00+00:00"),
        (False, None),
    ]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            ("--role", "manager", "--may-acknowledge"),
            1,
            "--may-acknowledge is for role intake; a token of role manager may acknowledge without it",
        ),
        (
            ("--role", "intake", "--expires", "2020-02-29"),
            1,
            "--expires: 2020-02-29 is over; write a day from today on",
        ),
        (
            ("--role", "intake", "--expires", "2300-01-01"),
            1,
            "--expires: 2300-01-01 is after the year 2199; leave the option out for a token without end",
        ),
        (("--role", "intake", "--scope", "write"), 1, '"write" is not a scope; write tickets, events, read or change'),
        (("--role", "intake", "--expires", "soon"), 2, '"soon" is not a date; write one like "2027-01-04"'),
    ],
)
def test_a_token_that_cannot_be_is_refused_and_not_stored(
    oncall: Oncall, options: tuple[str, ...], code: int, words: str
) -> None:
    ran = oncall("token", "create", "bridge", *options)
    assert ran.code == code
    assert words in " ".join(ran.err.split())
    assert oncall("token", "list").out == ""


def test_a_token_name_is_given_once(oncall: Oncall) -> None:
    oncall("token", "create", "zendesk", "--role", "intake")
    ran = oncall("token", "create", "zendesk", "--role", "manager")
    assert ran.code == 1
    assert 'token "zendesk"' in ran.err


def test_a_revoked_token_is_known_no_more_and_its_name_is_free(oncall: Oncall) -> None:
    oncall("token", "create", "zendesk", "--role", "intake")
    assert oncall("token", "revoke", "zendesk").out == "Revoked zendesk's token.\n"
    assert (
        oncall("token", "revoke", "zendesk").err
        == 'oncall: there is no token "zendesk"; `oncall token list` shows them\n'
    )
    assert oncall("token", "create", "zendesk", "--role", "intake").code == 0


def token(oncall: Oncall, *command: str) -> str:
    """Return the secret that a command printed."""
    ran = oncall("token", *command, "--json")
    assert ran.code == 0, ran.err
    secret: str = json.loads(ran.out)["token"]
    return secret


def test_a_rotated_token_is_printed_once_and_the_old_one_works_on_for_a_day(oncall: Oncall) -> None:
    old = token(oncall, "create", "zendesk", "--role", "intake")
    ran = oncall("token", "rotate", "zendesk")
    assert ran.out.startswith("oncall_")
    assert ran.out.strip() != old
    first, second = ran.err.splitlines()
    assert (first, second.startswith("The old one works until ")) == ("Keep it: it is not shown again.", True)
    assert f"  the old one works until {second.removeprefix('The old one works until ').rstrip('.')}" in (
        oncall("token", "list").out
    )


def test_a_rotation_without_overlap_ends_the_old_token_at_once(oncall: Oncall) -> None:
    token(oncall, "create", "zendesk", "--role", "intake")
    assert oncall("token", "rotate", "zendesk", "--overlap", "0m").err.endswith("The old one works no more.\n")
    assert "the old one" not in oncall("token", "list").out


def test_a_rotation_keeps_role_and_scopes_and_takes_a_new_last_day(oncall: Oncall) -> None:
    token(oncall, "create", "zendesk", "--role", "intake", "--scope", "tickets", "--expires", "2199-06-30")
    token(oncall, "rotate", "zendesk", "--expires", "2199-12-31")
    (listed,) = json.loads(oncall("token", "list", "--json").out)["tokens"]
    assert (listed["name"], listed["role"], listed["scopes"]) == ("zendesk", "intake", ["tickets"])
    assert listed["expires_at"] == "2200-01-01T05:00:00+00:00"
    assert listed["old_secret_until"] > listed["created_at"]
    assert "  only tickets  never used  " in oncall("token", "list").out


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("rotate", "nobody"), 1, 'there is no token "nobody"; `oncall token list` shows them'),
        (("rotate", "zendesk", "--overlap", "31d"), 1, "the overlap is longer than 30 days; write at most 30d"),
        (("rotate", "zendesk", "--overlap", "soon"), 2, '"soon" is not a length of time; write one like 90s, 15m, 2h'),
        (("rotate", "zendesk", "--expires", "2020-02-29"), 1, "--expires: 2020-02-29 is over; write a day from today"),
        (("create", "ana:", "--role", "engineer"), 1, '"" is not a label; write 1 to 30 of A-Z a-z 0-9 . _ - after'),
        (("create", "desk:2", "--role", "engineer"), 1, '"desk" is the name of the support desk in the log'),
    ],
)
def test_what_cannot_be_done_to_a_token_is_refused_and_changes_nothing(
    oncall: Oncall, command: tuple[str, ...], code: int, words: str
) -> None:
    token(oncall, "create", "zendesk", "--role", "intake")
    before = oncall("token", "list", "--json").out
    ran = oncall("token", *command)
    assert (ran.code, ran.out) == (code, "")
    assert words in " ".join(ran.err.split())
    assert oncall("token", "list", "--json").out == before


def test_an_engineer_may_have_two_tokens_and_one_is_revoked_alone(published: Oncall) -> None:
    for name in ("ana", "ana:laptop"):
        assert "WARNING" not in published("token", "create", name, "--role", "engineer").err
    ran = published("token", "revoke", "ana")
    assert ran.out == "Revoked ana's token.\n"
    assert ran.err == "WARNING: other tokens of this caller still work: ana:laptop.\n"
    assert published("token", "list").out.startswith("ana:laptop  engineer  since ")


def test_an_expired_token_is_rotated_only_with_a_new_last_day(oncall: Oncall, tmp_path: Path) -> None:
    token(oncall, "create", "zendesk", "--role", "intake")
    ended = datetime(2020, 1, 1, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path / 'oncall.db'}") as store:
        store.write(lambda tx: tx.replace_token(replace(tx.tokens()[0], expires_at=ended)))
    ran = oncall("token", "rotate", "zendesk")
    words = "oncall: the token zendesk expired at 2020-01-01 00:00 UTC; name a new last day: --expires DATE\n"
    assert (ran.code, ran.err) == (1, words)
    ran = oncall("token", "rotate", "zendesk", "--expires", "2199-12-31")
    assert (ran.code, ran.err.splitlines()[1]) == (0, "The old one works no more.")
