"""Prints a secret link that was just made, and how to treat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.cli.terminal.output import say, tell

if TYPE_CHECKING:
    from oncall.wiring.settings import Settings

ADDRESS_UNKNOWN = (
    "WARNING: ONCALL_PUBLIC_URL is not set, so this command does not know the address of your service. The link "
    "assumes port 8000 of this machine. Set ONCALL_PUBLIC_URL to the address that people open, then make the link "
    "again."
)


def say_link(url: str, words: str, settings: Settings) -> None:
    """Print a link on stdout, and on stderr who may have it. Warns if the public address of the service is not set."""
    say(url)
    tell(words)
    if settings.server is None and settings.public_url is None:
        tell(ADDRESS_UNKNOWN, colour="yellow")
