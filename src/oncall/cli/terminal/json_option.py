"""The option `--json` of every command that prints an answer."""

from __future__ import annotations

import typer

JSON_OPTION = typer.Option(False, "--json", help="Print the answer as JSON.")
