"""Reports in the terminal: promises kept over a span of days, and a customer's quarterly business review."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.show import JSON_OPTION, print_json, print_rows, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.ports import Transaction
    from oncall.reports.sla import SlaReport
    from oncall.store.sqlstore import SqlStore

SLA_SUFFIXES = (".csv", ".json", ".html")
REVIEW_SUFFIXES = (".html",)


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    reports = typer.Typer(help="Promises kept, in numbers.", no_args_is_help=True, rich_markup_mode=None)
    reports.command("sla")(sla)
    reports.command("qbr")(qbr)
    app.add_typer(reports, name="report")


def sla(
    first: str = typer.Option(..., "--from", metavar="DATE", help="First date on which tickets were received."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="Last date, inside."),
    customer: str | None = typer.Option(None, "--customer", help="Of this customer alone."),
    plan: str | None = typer.Option(None, "--plan", help="Of this plan alone."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="A .csv, .json or .html file; a table when absent."
    ),
    breaches: int = typer.Option(20, "--breaches", min=0, help="How many breaches the text tells in full, the latest."),
    json: bool = JSON_OPTION,
) -> None:
    """Promises kept for the tickets received on these dates: by plan, impact and metric, how many, how fast, and
    every breach with its timeline.

    Examples: oncall report sla --from 2027-01-01 --to 2027-03-31 · oncall report sla --from 2027-01-01
    --to 2027-03-31 --customer "Acme Ltd" --output acme.html
    """
    _refuse_suffix(output, SLA_SUFFIXES)
    found = _sla_report(_date_of(first, "--from"), _date_of(last, "--to"), customer, plan)
    if output is not None:
        _write(output, _sla_text(found, output.suffix.lower()))
    if json:
        print_json(found.as_json())
    elif output is None:
        _print_sla(found, breaches)


def _sla_report(first: date, last: date, customer: str | None, plan: str | None) -> SlaReport:
    from oncall.paging.verdict import plan_named
    from oncall.reports.sla import Days, sla_report

    def work(tx: Transaction) -> SlaReport:
        policy = tx.policy()
        named = plan_named(plan, policy).name if plan is not None else None
        return sla_report(tx, Days(first, last, policy.zone), as_of=now, customer=customer, plan=named)

    with _local_store() as (store, now):
        return store.read(work)


def _sla_text(found: SlaReport, suffix: str) -> str:
    from oncall.reports.slatext import csv_of

    if suffix == ".csv":
        return csv_of(found)
    if suffix == ".json":
        return jsonlib.dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n"
    from oncall.reports.pages import sla_page

    return sla_page(found)


def _print_sla(found: SlaReport, breaches: int) -> None:
    from oncall.reports.slatext import breach_lines, summary, table

    typer.echo(summary(found))
    if found.cells:
        typer.echo("")
        print_rows(table(found))
    if found.breaches:
        typer.echo("")
    for line in breach_lines(found, breaches):
        typer.echo(line)


def qbr(
    customer: str = typer.Option(..., "--customer", help="The customer's name, as their tickets have it."),
    quarter: str = typer.Option(..., "--quarter", metavar="QUARTER", help="Like 2027Q1."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="An .html file; CUSTOMER-QUARTER.html when absent."
    ),
) -> None:
    """The quarterly business review of one customer: one HTML page that prints well. Volumes, promises kept against
    target, slowest answers, on-call response, and trends against the quarter before.

    Example: oncall report qbr --customer "Acme Ltd" --quarter 2027Q1 --output acme-2027Q1.html
    """
    from oncall.reports.pages import review_page
    from oncall.reports.quarter import quarter_of
    from oncall.reports.review import review_of

    _refuse_suffix(output, REVIEW_SUFFIXES)
    wanted = quarter_of(quarter)
    with _local_store() as (store, now):
        found = store.read(lambda tx: review_of(tx, customer, wanted, as_of=now))
    _write(output or Path(f"{_file_name(customer)}-{wanted}.html"), review_page(found))


@contextmanager
def _local_store() -> Iterator[tuple[SqlStore, datetime]]:
    """This machine's database and the policy time now."""
    from oncall import wiring

    settings = wiring.read_settings()
    if settings.server is not None:
        raise Refused("reports are made where the database is; run this on the server, or unset ONCALL_SERVER")
    with wiring.make_store(settings) as store:
        yield store, wiring.make_clock(settings).now()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: cannot be written: {error.strerror}") from error
    tell(f"written to {path}")


def _refuse_suffix(path: Path | None, suffixes: tuple[str, ...]) -> None:
    if path is not None and path.suffix.lower() not in suffixes:
        *others, last = suffixes
        choices = f"{', '.join(others)} or {last}" if others else last
        raise typer.BadParameter(f'"{path}" should end in {choices}')


def _date_of(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{option}: "{text[:40]}" is not a date; write "2027-01-04"') from None


def _file_name(customer: str) -> str:
    """A customer's name as part of a file's."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in customer.lower()).split()) or "customer"
