"""The option `--json`, which every command that prints an answer has."""

from __future__ import annotations

import typer

JSON_OPTION = typer.Option(False, "--json", help="Print the answer as JSON.")
