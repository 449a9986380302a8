"""`oncall serve` and `oncall worker`: run the API with its pager, and further pagers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.output import local_settings, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    import socket

    from oncall.wiring import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(
    host: str = typer.Option("127.0.0.1", "--host", metavar="ADDRESS", help="The address to listen on."),
    port: int = typer.Option(
        8000, "--port", metavar="PORT", min=0, max=65535, help="The port to listen on; 0 takes any free port."
    ),
) -> None:
    """Run the API and the pager.

    A second process with low priority answers requests for web pages. It starts at the first such request.

    Needs ONCALL_SMS: "twilio" with its credentials, or "outbox" to print messages instead of sending them.
    ONCALL_SMTP_LISTEN=127.0.0.1:2525 also takes mail in, which opens tickets.

    Example: ONCALL_SMS=outbox oncall serve --port 8000
    """
    import signal

    from oncall import wiring

    settings = wiring.read_settings()
    wiring.make_channels(settings, callback_url=None)
    from oncall.web.server.server import make_server
    from oncall.web.services.dependencies import kept
    from oncall.wiring.event_loop import run
    from oncall.wiring.logs import start_logging
    from oncall.wiring.mail_service import open_mail_door
    from oncall.wiring.page_worker import PageWorker
    from oncall.wiring.pager import freeze_loaded_objects, share_the_interpreter
    from oncall.wiring.web_service import connection_limits, make_app, only_pager, raise_open_files

    with _listen(host, port) as listening, open_mail_door(settings.intake.mail) as door, only_pager(settings):
        address = f"http://{host}:{listening.getsockname()[1]}"
        app = make_app(settings, address=address, mail_door=door)
        start_logging()
        _announce(settings, address)
        if door is not None:
            tell(f"Mail comes in by {door.protocol} on {door.address}")
        # The server stops on these signals and then raises them again. Ignore that: a requested stop is no failure.
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, lambda *_: None)
        pages = PageWorker(address, lambda: kept(app).services.clock, lambda *taken: server.take(*taken))
        server = make_server(app, connection_limits(settings, open_files=raise_open_files()), pages)
        share_the_interpreter()
        freeze_loaded_objects()
        run(server.serve(sockets=[listening]))


def worker(
    metrics_port: int | None = typer.Option(
        None,
        "--metrics-port",
        metavar="PORT",
        min=0,
        max=65535,
        help="Serve /metrics, /healthz and /readyz on this port; default: none.",
    ),
    metrics_host: str = typer.Option(
        "127.0.0.1",
        "--metrics-host",
        metavar="ADDRESS",
        help="The address on which to serve /metrics, /healthz and /readyz.",
    ),
) -> None:
    """Run another pager, without the API.

    Any number of workers share the work of one PostgreSQL database with `oncall serve`. A worker takes the settings of
    `oncall serve`; give all of them the same ONCALL_PUBLIC_URL.

    Example: ONCALL_DATABASE_URL=postgresql://db/oncall ONCALL_SMS=twilio oncall worker --metrics-port 9100
    """
    from oncall import wiring

    settings = local_settings("worker")
    wiring.make_channels(settings, callback_url=None)
    from oncall.wiring.logs import start_logging
    from oncall.wiring.pager import freeze_loaded_objects, refuse_to_work_on_sqlite, run_worker, share_the_interpreter

    refuse_to_work_on_sqlite(settings)
    wiring.make_store(settings).close()
    probes = _listen(metrics_host, metrics_port) if metrics_port is not None else None
    start_logging()
    _announce(settings, None)
    if probes is not None:
        tell(f"Its metrics are on http://{metrics_host}:{probes.getsockname()[1]}/metrics")
    share_the_interpreter()
    freeze_loaded_objects()
    run_worker(settings, probes)


def _announce(settings: Settings, address: str | None) -> None:
    from oncall import wiring

    if settings.sms == "outbox":
        tell("OUTBOX: nothing is sent. Pages are printed here and stored; no phone will ring.", colour="yellow")
    if settings.is_rehearsing:
        now, rate = wiring.make_clock(settings).now(), f"{settings.clock_rate:g}"
        tell(
            f"REHEARSAL: the clock starts at {now:%Y-%m-%d %H:%M:%S} UTC and runs {rate} times as fast.",
            colour="yellow",
        )
    tell(f"oncall serves on {address}" if address is not None else "oncall worker runs.")


def _listen(host: str, port: int) -> socket.socket:
    """Bind the socket, before anything else starts. Raises Refused if the address is in use."""
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise Refused(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listening
