"""Writes commands.md, oncall.1, openapi.json and the table of callers.md from the program itself: `make docs`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import typer

from docs.manual import man_page
from oncall.cli.command_tree import make_app
from oncall.paging.actions.permissions import permissions_table
from oncall.web.app import create_app
from oncall.web.services.services import Services

FOLDER = Path(__file__).parent
TABLE, END = "<!-- table -->", "<!-- end of table -->"


def main() -> None:
    """Write the files."""
    api = json.dumps(api_description(), indent=1, ensure_ascii=False)
    (FOLDER / "openapi.json").write_text(f"{api}\n", encoding="utf-8")
    (FOLDER / "commands.md").write_text(command_reference(), encoding="utf-8")
    (FOLDER / "oncall.1").write_text(man_page(), encoding="utf-8")
    callers = FOLDER / "callers.md"
    callers.write_text(with_permissions(callers.read_text(encoding="utf-8")), encoding="utf-8")


def with_permissions(page: str) -> str:
    """The page about callers with the table of what each role may do."""
    before, _, rest = page.partition(TABLE)
    _, _, after = rest.partition(END)
    return f"{before}{TABLE}\n{permissions_table()}\n{END}{after}"


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
