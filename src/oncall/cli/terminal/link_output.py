"""Prints a secret link that was just made, with the way to treat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.cli.terminal.output import say, tell

if TYPE_CHECKING:
    from oncall.wiring.settings import Settings


def say_link(url: str, words: str, settings: Settings) -> None:
    """Print a link on stdout, and on stderr who may have it, with a warning if it works on this machine only."""
    say(url)
    tell(words)
    if settings.server is None and settings.public_url is None:
        tell("WARNING: ONCALL_PUBLIC_URL is not set, so the link works on this machine only.", colour="yellow")
