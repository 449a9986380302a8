"""`oncall login`, `logout` and `whoami`: the server and the token are kept for the commands that follow."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.paging.ports.callers import CallerRole, Token
from oncall.wiring.login import Login, keep_login, login_path
from tests.cli.conftest import Oncall
from tests.paging.world import SATURDAY_NIGHT
from tests.web.conftest import service  # noqa: F401
from tests.web.service import Service


@pytest.fixture
def no_database(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """The command line of a person who has set no variable of ours."""
    monkeypatch.delenv("ONCALL_DATABASE_URL")
    return oncall


def test_a_login_is_kept_for_this_user_alone_and_used_by_later_commands(
    no_database: Oncall,
    service: Service,  # noqa: F811
) -> None:
    ran = no_database("login", service.address, "--token", "ana")
    assert (ran.code, ran.out) == (0, f"Logged in to {service.address} as Ana Pereira (ana), role engineer.\n")
    assert stat.S_IMODE(login_path().stat().st_mode) == 0o600
    assert "ana (ana)" in no_database("who").out.replace("Ana Pereira", "ana")
    assert json.loads(no_database("whoami", "--json").out) == {
        "name": "ana",
        "role": "engineer",
        "engineer": "ana",
        "server": service.address,
        "expires_at": None,
    }


def test_the_token_is_read_from_standard_input_without_a_prompt(
    no_database: Oncall,
    service: Service,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("mei\n"))
    ran = no_database("login", f"{service.address}/", "--json")
    assert (ran.code, json.loads(ran.out)["role"]) == (0, "manager")
    assert no_database("whoami").out == f"Mei Lin (mei), role manager, on {service.address}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no token was given; write it to standard input, or give --token TOKEN"),
        ("two words\n", "that is not a token; give the one line that `oncall token create` printed"),
        ("x" * 2000, "that is not a token; give the one line that `oncall token create` printed"),
    ],
)
def test_what_is_no_token_is_refused_and_not_shown(
    no_database: Oncall, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    ran = no_database("login", "http://127.0.0.1:1")
    assert (ran.code, ran.err) == (1, f"oncall: {words}\n")
    assert not login_path().exists()


def test_an_address_that_is_none_and_a_token_that_the_server_does_not_know_keep_nothing(
    no_database: Oncall,
    service: Service,  # noqa: F811
) -> None:
    ran = no_database("login", "oncall.example.com", "--token", "ana")
    assert (ran.code, ran.err) == (
        1,
        'oncall: URL: "oncall.example.com" is not an address; write "https://oncall.example.com"\n',
    )
    ran = no_database("login", service.address.replace("//", "//ana:s3cret@"), "--token", "ana")
    assert (ran.code, ran.out, ran.err) == (
        1,
        "",
        "oncall: URL: leave the user name and password out of the address; your token says who you are\n",
    )
    ran = no_database("login", service.address, "--token", "wrong")
    assert (ran.code, ran.err) == (1, "oncall: this token is not known; `oncall token create` makes one\n")
    ran = no_database("login", service.address, "--token", "zendesk")
    assert (ran.code, ran.err) == (1, "oncall: a token of role intake may not do this\n")
    assert not login_path().exists()


def test_a_login_says_until_when_the_token_is_valid(no_database: Oncall, service: Service) -> None:  # noqa: F811
    expires = SATURDAY_NIGHT + timedelta(days=365)
    digest = hashlib.sha256(b"ben").hexdigest()
    service.store.write(
        lambda tx: tx.add_token(Token("ben", CallerRole.ENGINEER, digest, SATURDAY_NIGHT, expires_at=expires))
    )
    ran = no_database("login", service.address, "--token", "ben")
    assert ran.out.endswith("Ben Okafor (ben), role engineer, token valid until 2028-01-09 08:12 UTC.\n")


def test_a_revoked_token_is_named_with_the_way_back(no_database: Oncall, service: Service) -> None:  # noqa: F811
    keep_login(Login(service.address, "revoked", "ana", "engineer", "ana"))
    ran = no_database("who")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {service.address} refused your token: this token is not known; `oncall token create` makes one; "
        f"then log in: `oncall login {service.address}`\n",
    )


def test_the_environment_wins_over_the_login(
    no_database: Oncall,
    service: Service,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    no_database("login", service.address, "--token", "ana")
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    ran = no_database("who")
    assert (ran.code, ran.err) == (
        1,
        "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n",
    )
    ran = no_database("login", service.address, "--token", "ana")
    assert ran.err.splitlines()[-1] == (
        "WARNING: ONCALL_SERVER, ONCALL_TOKEN or ONCALL_DATABASE_URL is set and wins over this login; unset it."
    )


def test_the_login_gives_its_token_to_its_own_server_alone(
    no_database: Oncall,
    service: Service,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    no_database("login", service.address, "--token", "ana")
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    assert json.loads(no_database("whoami", "--json").out)["name"] == "ana"
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    assert json.loads(no_database("whoami", "--json").out)["name"] == "mei"
    monkeypatch.delenv("ONCALL_TOKEN")
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    ran = no_database("whoami")
    assert (ran.code, ran.err) == (
        1,
        "oncall: ONCALL_SERVER is set but ONCALL_TOKEN is not; `oncall token create` on the server makes one\n",
    )


def test_a_logout_forgets_the_server(no_database: Oncall, service: Service) -> None:  # noqa: F811
    no_database("login", service.address, "--token", "ana")
    ran = no_database("migrate")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: `oncall migrate` works on the database itself, and you are logged in to {service.address}: "
        "set ONCALL_DATABASE_URL, or `oncall logout`\n",
    )
    assert no_database("logout").out == "Logged out. The token stays valid until a manager revokes it.\n"
    assert json.loads(no_database("logout", "--json").out) == {"logged_out": False}


def test_a_damaged_login_is_named_with_what_to_do(no_database: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "settings" / "oncall" / "login.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"server": 5}', encoding="utf-8")
    ran = no_database("who")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {path}: the login is damaged; log in again with `oncall login URL`, or remove it with "
        "`oncall logout`\n",
    )
    assert no_database("logout").code == 0


def test_without_a_login_whoami_names_the_user_and_the_variable(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = oncall("whoami")
    assert ran.out.endswith("(no engineer), on the database of this machine\n")
    monkeypatch.setenv("ONCALL_ENGINEER", "ana")
    assert json.loads(oncall("whoami", "--json").out)["engineer"] == "ana"
    monkeypatch.setenv("ONCALL_ENGINEER", "+13055550101")
    ran = oncall("whoami")
    assert (ran.code, ran.err) == (
        1,
        'oncall: ONCALL_ENGINEER: "+13055550101" is not an engineer\'s id; write it as the roster does\n',
    )


def test_next_and_shifts_need_no_name_once_it_is_known(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("next", "shifts"):
        ran = published(command)
        assert ran.code == 2
        words = "whose shifts? Name an engineer, set ONCALL_ENGINEER to your id, or log in with `oncall login URL`"
        assert words in " ".join(ran.err.split())
        with monkeypatch.context() as known:
            known.setenv("ONCALL_ENGINEER", "ana")
            assert published(command) == published(command, "ana")


def test_the_token_says_whose_shifts_are_asked_for_and_who_may_be_drilled(
    no_database: Oncall,
    service: Service,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    assert no_database("next", "--json") == no_database("next", "ana", "--json")
    ran = no_database("drill", "--to", "ana", "--wait", "1")
    assert "a test page for ana" in ran.err
    for command in ("shifts", "next"):
        ran = no_database(command, "anna")
        sentence = 'oncall: engineer: no person with this id is on a published roster; did you mean "ana"?\n'
        assert (ran.code, ran.err) == (1, sentence)
    for code in ("../../x", ""):
        ran = no_database("accept", code)
        assert (ran.code, ran.err) == (1, f'oncall: there is no swap "{code}"; `oncall swaps` lists them\n')


def test_who_in_business_hours_names_those_who_are_paged_after_the_desk(published: Oncall) -> None:
    ran = published("who", "--at", "2027-01-11T10:00")
    assert ran.out.splitlines()[1:] == [
        "If nobody there takes an Urgent or High ticket in time, the pages go to Ana Pereira (ana, primary), "
        "Ben Okafor (ben, secondary)."
    ]
    shown = json.loads(published("who", "--at", "2027-01-11T10:00", "--json").out)
    assert (shown["roles"], shown["after_desk"]["primary"]["engineer"]) == ({}, "ana")
    before = published("who", "--at", "2027-01-04T10:00")
    assert before.out.splitlines()[1:] == [
        "If nobody there takes an Urgent or High ticket in time, the pages go to the manager."
    ]


def test_who_says_when_nobody_is_left_to_page_after_the_desk(oncall: Oncall, plan: Path, roster: Path) -> None:
    text = roster.read_text(encoding="utf-8")
    roster.write_text(text[: text.index("manager:")], encoding="utf-8")
    assert oncall("publish", plan, "--roster", roster).code == 0
    assert oncall("who", "--at", "2027-01-04T10:00").out.splitlines()[1:] == [
        "If nobody there takes an Urgent or High ticket in time, no page goes out: the schedule names nobody."
    ]
