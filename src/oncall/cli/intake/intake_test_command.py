"""`oncall intake test`: shows the tickets and events that a sample of a sender's body would cause."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.intake.posts import Reader
    from oncall.intake.sample_views import SampleView
    from oncall.intake.signals import Reading
    from oncall.wiring import Settings

_MOST_BYTES = 1024 * 1024


def test_mapping(
    mapping: str = typer.Argument(
        metavar="MAPPING", help="A mapping's file or name, or a sender's name such as zendesk."
    ),
    sample: str = typer.Argument(metavar="SAMPLE", help="A file with a body that the sender posts; - for stdin."),
    at: str | None = typer.Option(
        None,
        "--at",
        metavar="TIME",
        help="When the sample comes in; default: now. A time without an offset is policy time.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what a sample body would cause.

    Checks the mapping file, reads the sample with it, and shows each ticket with its verdict and each event. It stores
    nothing and sends nothing.

    Example: oncall intake test jira mappings/samples/jira-created.json
    """
    from oncall import wiring
    from oncall.cli.backends.intake_backend import open_intake
    from oncall.intake.sample_views import sample_event_view, sample_ticket_view
    from oncall.intake.signals import SignalKind

    settings = wiring.read_settings()
    reading = _read(_reader(mapping, settings), sample)
    view: SampleView = {"mapping": mapping, "tickets": [], "events": [], "faults": list(reading.faults)}
    with open_intake(settings) as intake:
        for signal in reading.signals:
            if signal.kind is SignalKind.TRIGGER:
                view["tickets"].append(sample_ticket_view(signal, intake.explain_labels(signal.labels, at)))
            else:
                view["events"].append(sample_event_view(signal))
    if json:
        print_json(view)
    else:
        _print(view)


def _reader(mapping: str, settings: Settings) -> Reader:
    """Return the reader for a mapping file, a mapping's name or a sender's name."""
    from oncall.intake.mapping_file import load_mapping, read_mapping
    from oncall.intake.senders import SENDERS

    if mapping.endswith((".yaml", ".yml")) or "/" in mapping:
        return read_mapping(Path(mapping)).read_post
    if mapping in SENDERS:
        return SENDERS[mapping].read
    return load_mapping(mapping, settings.intake.mappings).read_post


def _read(read: Reader, sample: str) -> Reading:
    from oncall.intake.posts import Post
    from oncall.intake.signals import Unreadable

    if sample == "-":
        import sys

        body = sys.stdin.buffer.read(_MOST_BYTES + 1)
    else:
        body = _bytes_of(Path(sample))
    if len(body) > _MOST_BYTES:
        raise Refused(f"{sample}: is larger than 1 MiB, the most that a sender may post")
    try:
        return read(Post(body, {"content-type": "application/json"}))
    except Unreadable as refusal:
        raise Refused(f"{sample}: {refusal}") from refusal


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror or error}") from error


def _print(view: SampleView) -> None:
    for one in view["tickets"]:
        for name, value in one["ticket"].items():
            say(f"{name}: {value}")
        say(f"verdict: {one['verdict']['action']}")
        for reason in [*one["reasons"], *one["verdict"]["reasons"]]:
            say(f"  {reason}")
    for event in view["events"]:
        more = ", ".join(f"{name} {value}" for name, value in event.items() if name not in ("ticket", "kind"))
        say(f"{event['ticket']}: {event['kind']}" + (f" ({more})" if more else ""))
    if not view["tickets"] and not view["events"]:
        say("This body says nothing about a ticket.")
    for fault in view["faults"]:
        tell(f"NOT UNDERSTOOD: {fault}", colour="yellow")
