"""`oncall login`, `logout` and `whoami`: store a server and a token for later commands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypedDict

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.views.caller_view import CallerView
    from oncall.wiring import Settings

_LONGEST_TOKEN = 1000


class WhoAmI(TypedDict):
    """The JSON of `whoami` and `login`. server: its address; null if commands use the local database."""

    name: str
    role: str | None
    engineer: str | None
    server: str | None
    expires_at: str | None


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("login")(login)
    app.command("logout")(logout)
    app.command("whoami")(whoami)


def login(
    url: str = typer.Argument(metavar="URL", help="The server's address, like https://oncall.example.com."),
    token: str | None = typer.Option(
        None, "--token", metavar="TOKEN", help="Your token; default: read from standard input."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Log in to a server with your token.

    Later commands use the server. A file that only you can read keeps the server and the token. The variables
    ONCALL_SERVER and ONCALL_DATABASE_URL take precedence over this file. A manager makes your token with `oncall token
    create`.

    Examples: oncall login https://oncall.example.com < token.txt · oncall login https://oncall.example.com --token T
    """
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.wiring.login import Login, keep_login
    from oncall.wiring.settings import server_address

    server, secret = server_address(url), _plain_token(token if token is not None else _read_token())
    _warn_of_plain_http(server)
    caller = RemoteBackend(server, secret).me()
    path = keep_login(Login(server, secret, caller["name"], caller["role"], caller["engineer"]))
    tell(f"The login is kept in {path}.")
    _warn_of_settings()
    if caller["engineer"] is None and caller["role"] == "engineer":
        tell(f"WARNING: {caller['name']} is on no published roster, so you have no shifts.", colour="yellow")
    if json:
        print_json(_view(caller, server))
        return
    say(f"Logged in to {server} as {_words(caller)}.")


def logout(json: bool = JSON_OPTION) -> None:
    """Delete the server and token that `login` stored.

    Also deletes the saved answers that commands show when the server cannot be reached. The token itself stays valid
    until a manager revokes it with `oncall token revoke`.

    Example: oncall logout
    """
    from oncall import wiring
    from oncall.cli.backends.kept_answers import forget_answers
    from oncall.wiring.login import forget_login

    forget_answers(wiring.answers_folder())
    was_kept = forget_login()
    if json:
        print_json({"logged_out": was_kept})
    elif was_kept:
        say("Logged out. The token stays valid until a manager revokes it.")
    else:
        say("You were not logged in.")


def whoami(json: bool = JSON_OPTION) -> None:
    """Show who you are, and which server answers.

    Example: oncall whoami
    """
    from oncall import wiring
    from oncall.cli.backends.server import open_server

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is None:
        _print_local(settings, json=json)
        return
    caller = server.me()
    if json:
        print_json(_view(caller, str(settings.server)))
        return
    say(f"{_words(caller)}, on {settings.server}")


def _print_local(settings: Settings, *, json: bool) -> None:
    from oncall import wiring

    user = wiring.current_user()
    if json:
        print_json(WhoAmI(name=user, role=None, engineer=settings.engineer, server=None, expires_at=None))
        return
    engineer = f"engineer {settings.engineer}" if settings.engineer is not None else "no engineer"
    say(f"{user} ({engineer}), on the database of this machine")
    if settings.engineer is None:
        tell("Set ONCALL_ENGINEER to your id, or log in with `oncall login URL`.")


def _view(caller: CallerView, server: str) -> WhoAmI:
    return {
        "name": caller["name"],
        "role": caller["role"],
        "engineer": caller["engineer"],
        "server": server,
        "expires_at": caller["expires_at"],
    }


def _words(caller: CallerView) -> str:
    """Return a line about a token, like `Ana Pereira (ana), role engineer, token valid until 2027-06-30 04:00 UTC`."""
    from datetime import datetime

    named = f"{caller['engineer_name']} ({caller['name']})" if caller["engineer_name"] else caller["name"]
    ends = caller["expires_at"]
    valid = f", token valid until {datetime.fromisoformat(ends):%Y-%m-%d %H:%M} UTC" if ends is not None else ""
    return f"{named}, role {caller['role']}{valid}"


def _read_token() -> str:
    """Read a token from standard input. On a terminal, ask for it and do not show what is typed."""
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("Token: ")
    return sys.stdin.readline(_LONGEST_TOKEN + 2)


def _plain_token(text: str) -> str:
    """Return a token without blanks around it.

    Raises Refused for text that cannot be a token; the error never shows it.
    """
    token = text.strip()
    if not token:
        raise Refused("no token was given; write it to standard input, or give --token TOKEN")
    if len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise Refused("that is not a token; give the one line that `oncall token create` printed")
    return token


def _warn_of_plain_http(server: str) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(server)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        tell("WARNING: http:// sends your token in the clear; use https:// if the server has it.", colour="yellow")


def _warn_of_settings() -> None:
    """Warn if an environment variable names a server or a database, because it takes precedence over the login."""
    from oncall import wiring

    if not wiring.read_settings().is_logged_in:
        names = "ONCALL_SERVER, ONCALL_TOKEN or ONCALL_DATABASE_URL"
        tell(f"WARNING: {names} is set and wins over this login; unset it.", colour="yellow")
