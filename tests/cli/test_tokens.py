"""Tokens in the terminal: created, shown once, listed, revoked."""

from __future__ import annotations

import hashlib
import json
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
    assert listed[0].endswith("UTC  may acknowledge  expires 2200-01-01 05:00 UTC")
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
        (("--role", "intake", "--expires", "soon"), 2, '"soon" is not a date; write "2027-01-04"'),
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
