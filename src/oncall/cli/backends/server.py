"""Finds the server that the settings name, and the engineer at this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.cli.terminal.output import bad_value

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.wiring import Settings

OWN_ID = "set ONCALL_ENGINEER to your id, or log in with `oncall login URL`"


def open_server(settings: Settings) -> RemoteBackend | None:
    """Return the server that the settings name; None if commands use the database of this machine.

    While the server is away, reads get the kept answers on this machine.
    """
    if settings.server is None:
        return None
    from oncall import wiring
    from oncall.cli.backends.kept_answers import KeptAnswers
    from oncall.cli.backends.remote_backend import RemoteBackend

    clock = wiring.make_clock(settings)
    kept = KeptAnswers(wiring.answers_folder(), settings.server, settings.token or "", clock.real_now)
    return RemoteBackend(settings.server, settings.token, is_logged_in=settings.is_logged_in, kept=kept)


def open_live_server(settings: Settings) -> RemoteBackend | None:
    """Return the server as `open_server` does, but never use kept answers."""
    if settings.server is None:
        return None
    from oncall.cli.backends.remote_backend import RemoteBackend

    return RemoteBackend(settings.server, settings.token, is_logged_in=settings.is_logged_in)


def own_engineer(settings: Settings, server: RemoteBackend | None = None) -> str | None:
    """Return the id of the engineer at this terminal: from ONCALL_ENGINEER, the login or the token; None if unknown.

    server: the server of the settings, if the caller has it open.
    """
    if settings.engineer is not None or settings.server is None or settings.token is None:
        return settings.engineer
    server = server or open_server(settings)
    return server.me()["engineer"] if server is not None else None


def named_or_own(engineer: str | None, settings: Settings, server: RemoteBackend | None) -> str:
    """Return the engineer whom a command names, or else the engineer at this terminal.

    Raises BadParameter if the command names nobody and the engineer at this terminal is not known.
    """
    found = engineer or own_engineer(settings, server)
    if found is None:
        raise bad_value(f"whose shifts? Name an engineer, {OWN_ID}", "ENGINEER")
    return found
