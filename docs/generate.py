"""Writes docs/commands.md and docs/openapi.json from the program itself: `make docs`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import typer

from oncall.cli.command_tree import make_app
from oncall.web.app import create_app
from oncall.web.services import Services

FOLDER = Path(__file__).parent


def main() -> None:
    """Write both files."""
    api = json.dumps(api_description(), indent=1, ensure_ascii=False)
    (FOLDER / "openapi.json").write_text(f"{api}\n", encoding="utf-8")
    (FOLDER / "commands.md").write_text(command_reference(), encoding="utf-8")


def api_description() -> dict[str, Any]:
    """The OpenAPI document, as the service gives it at `/openapi.json`."""
    return create_app(_no_services).openapi()


def command_reference() -> str:
    """Every command with its help, as `--help` prints it."""
    lines = ["# Commands", "", "Made by `make docs` from the program itself.", ""]
    for name, text in commands():
        lines += [f"## {name}", "", "```", text.rstrip(), "```", ""]
    return "\n".join(lines)


def commands() -> Iterator[tuple[str, str]]:
    """The name of every command and group, and its help, 100 columns wide."""
    yield from _walk(typer.main.get_command(make_app()), "oncall")


def _walk(command: Any, name: str) -> Iterator[tuple[str, str]]:
    context = command.make_context(name, [], resilient_parsing=True, terminal_width=100, max_content_width=100)
    yield name, command.get_help(context)
    for child, below in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(below, f"{name} {child}")


def _no_services() -> AbstractAsyncContextManager[Services]:
    raise RuntimeError("the description needs no services")


if __name__ == "__main__":
    main()
