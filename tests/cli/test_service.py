"""Starting the service, tokens, the settings, and how light the terminal is."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from oncall.errors import SettingsError
from oncall.store.database import open_store
from oncall.wiring import make_channels, read_settings
from oncall.wiring.web_service import only_pager
from tests.cli.conftest import Oncall

HEAVY = (
    "ortools",
    "pandas",
    "numpy",
    "sqlalchemy",
    "twilio",
    "fastapi",
    "holidays",
    "pydantic",
    "httpx",
    "yaml",
    "rich",
)


def modules_after(command: str, environment: dict[str, str] | None = None) -> set[str]:
    script = (
        "import sys\nfrom oncall.cli.main import main\n"
        f"sys.argv = {['oncall', *command.split()]!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\n' + ' '.join(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return set(ran.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", ["--help", "generate --help", "serve --help"])
def test_help_loads_no_heavy_library(command: str) -> None:
    assert modules_after(command).isdisjoint(HEAVY)


def test_who_loads_no_heavy_library(published: Oncall, tmp_path: Path) -> None:
    environment = {"ONCALL_DATABASE_URL": f"sqlite:///{tmp_path / 'oncall.db'}"}
    loaded = modules_after("who --at 2027-01-09T03:12:00-05:00", environment)
    assert "sqlite3" in loaded
    assert loaded.isdisjoint(HEAVY)


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


def test_revoke_and_migrate_answer_as_json(oncall: Oncall) -> None:
    oncall("token", "create", "zendesk", "--role", "intake")
    revoked, migrated = oncall("token", "revoke", "zendesk", "--json"), oncall("migrate", "--json")
    assert json.loads(revoked.out) == {"name": "zendesk", "revoked": True}
    assert json.loads(migrated.out) == {"up_to_date": True, "copied": None}


@pytest.mark.parametrize("command", [("token", "list"), ("migrate",), ("token", "revoke", "zendesk")])
def test_commands_that_need_the_database_refuse_a_server(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    ran = oncall(*command)
    assert (ran.code, ran.err) == (
        1,
        f"oncall: `oncall {command[0]}` works on the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL\n",
    )


def test_a_second_service_on_one_sqlite_file_is_refused(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONCALL_SMS", "outbox")
    with only_pager(read_settings({"ONCALL_DATABASE_URL": f"sqlite:///{tmp_path / 'oncall.db'}"})):
        ran = oncall("serve", "--port", "0")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: another `oncall serve` is running on {tmp_path / 'oncall.db'}; "
        "a SQLite file serves one, PostgreSQL serves many\n",
    )


def test_a_role_that_is_none_is_refused(oncall: Oncall) -> None:
    ran = oncall("token", "create", "zendesk", "--role", "king")
    assert (ran.code, ran.err) == (1, 'oncall: "king" is not a role; write intake, engineer or manager\n')


def test_serve_refuses_to_start_when_pages_would_go_nowhere(oncall: Oncall) -> None:
    ran = oncall("serve", "--port", "0")
    assert (ran.code, ran.err) == (
        1,
        "oncall: ONCALL_SMS is not set, so no page would reach anybody; "
        'set it to "twilio", or to "outbox" to print the pages instead of sending them\n',
    )


def test_serve_refuses_a_rehearsal_clock_with_real_twilio(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ONCALL_SMS": "twilio",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret",
        "TWILIO_FROM": "+15005550006",
    }.items():
        monkeypatch.setenv(name, value)
    ran = oncall("serve", "--port", "0")
    assert (ran.code, ran.err) == (
        1,
        "oncall: ONCALL_CLOCK and ONCALL_CLOCK_RATE are for rehearsals and would send real pages through Twilio; "
        'unset them, or set ONCALL_SMS to "outbox"\n',
    )
    monkeypatch.delenv("ONCALL_CLOCK")
    monkeypatch.setenv("ONCALL_CLOCK_RATE", "60")
    assert oncall("serve", "--port", "0").code == 1


def test_twilio_without_credentials_is_refused_by_name(oncall: Oncall) -> None:
    with pytest.raises(SettingsError, match="TWILIO_ACCOUNT_SID"):
        make_channels(read_settings({"ONCALL_SMS": "twilio"}), callback_url=None)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "ONCALL_CLOCK",
            "2027-01-09T03:12",
            'ONCALL_CLOCK: "2027-01-09T03:12" is not a time with an offset; write "2027-01-09T03:12:00-05:00"',
        ),
        ("ONCALL_CLOCK_RATE", "fast", 'ONCALL_CLOCK_RATE: "fast" is not a rate; write a number above 0, like "60"'),
        ("ONCALL_CLOCK_RATE", "0", 'ONCALL_CLOCK_RATE: "0" is not a rate; write a number above 0, like "60"'),
        ("ONCALL_CLOCK_RATE", "nan", 'ONCALL_CLOCK_RATE: "nan" is not a rate; write a number above 0, like "60"'),
        ("ONCALL_SMS", "pigeon", 'ONCALL_SMS: "pigeon" is not a channel; write "twilio" or "outbox"'),
        (
            "ONCALL_PUBLIC_URL",
            "oncall.example.com",
            'ONCALL_PUBLIC_URL: "oncall.example.com" is not an address; write "https://oncall.example.com"',
        ),
        (
            "ONCALL_SERVER",
            "http://[oncall",
            'ONCALL_SERVER: "http://[oncall" is not an address; write "https://oncall.example.com"',
        ),
        (
            "TWILIO_BASE_URL",
            "http://oncall:99999",
            'TWILIO_BASE_URL: "http://oncall:99999" is not an address; write "https://oncall.example.com"',
        ),
        (
            "ONCALL_PUBLIC_URL",
            "https://on call/",
            'ONCALL_PUBLIC_URL: "https://on call/" is not an address; write "https://oncall.example.com"',
        ),
        (
            "ONCALL_ALARM_URL",
            "hooks.example.com/s3cret",
            'ONCALL_ALARM_URL: the value is not an address; write "https://oncall.example.com"',
        ),
        (
            "ONCALL_HEARTBEAT_URL",
            "https://hooks.example.com:s3cret",
            'ONCALL_HEARTBEAT_URL: the value is not an address; write "https://oncall.example.com"',
        ),
    ],
)
def test_a_setting_that_cannot_be_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("https://user:pw@oncall.example.com", "a user name or password"),
        ("https://@oncall.example.com", "a user name or password"),
        ("https://oncall.example.com/?x=1", "a query"),
        ("https://oncall.example.com/?", "a query"),
        ("https://oncall.example.com/#f", "a fragment"),
        ("https://oncall.example.com#", "a fragment"),
        ("https://oncall.example.com:", "a colon without a port"),
        ("https://bücher.example.com", "letters outside ASCII"),
        ("https://oncall.example.com/a/../b", "a path with . or .."),
        ("https://oncall.example.com/a\\b", "a backslash"),
    ],
)
def test_a_public_address_that_twilio_cannot_sign_for_is_refused(address: str, what: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"ONCALL_PUBLIC_URL": address})
    assert str(refused.value) == (
        f"ONCALL_PUBLIC_URL: the address has {what}, and Twilio's signatures could not be checked against it; "
        'write it like "https://oncall.example.com" or "https://example.com:8443/oncall"'
    )


@pytest.mark.parametrize("port", ["0", "99999", "port", "-1"])
def test_a_public_address_with_an_impossible_port_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match=r"ONCALL_PUBLIC_URL: .* is not an address"):
        read_settings({"ONCALL_PUBLIC_URL": f"https://oncall.example.com:{port}"})


def test_a_refused_address_shows_no_password() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"ONCALL_PUBLIC_URL": "https://user:s3cret@on call"})
    assert str(refused.value) == 'ONCALL_PUBLIC_URL: the value is not an address; write "https://oncall.example.com"'


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://oncall.example.com/", "https://oncall.example.com"),
        ("HTTPS://oncall.example.com:8443/pager/", "https://oncall.example.com:8443/pager"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_a_public_address_with_host_port_and_path_is_kept(address: str, kept: str) -> None:
    assert read_settings({"ONCALL_PUBLIC_URL": address}).public_url == kept


def test_no_setting_shows_a_secret() -> None:
    settings = read_settings(
        {
            "TWILIO_AUTH_TOKEN": "s3cret-a",
            "TWILIO_AUTH_TOKEN_SECONDARY": "s3cret-d",
            "ONCALL_TOKEN": "s3cret-b",
            "ONCALL_DATABASE_URL": "postgresql://u:s3cret-c@h/d",
            "TWILIO_FROM": "+15005550006",
        }
    )
    assert "s3cret" not in repr(settings)
    assert "5550006" not in repr(settings)


def test_misuse_ends_with_2(oncall: Oncall) -> None:
    assert oncall("shifts").code == 2
    assert oncall("nonsense").code == 2
    assert oncall("who", "--nonsense").code == 2
