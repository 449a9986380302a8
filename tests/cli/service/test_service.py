"""Starting the service, tokens, the settings, and how light the terminal is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oncall.errors import SettingsError
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


def test_revoke_and_migrate_answer_as_json(oncall: Oncall) -> None:
    oncall("token", "create", "zendesk", "--role", "intake")
    revoked, migrated = oncall("token", "revoke", "zendesk", "--json"), oncall("migrate", "--json")
    assert json.loads(revoked.out) == {"name": "zendesk", "revoked": True}
    assert json.loads(migrated.out) == {"up_to_date": True, "copied": None}


@pytest.mark.parametrize("command", [("backup", "x.db"), ("migrate",), ("worker",)])
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
