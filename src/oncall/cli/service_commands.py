"""Run the service: the API with its pager, workers, and callers' tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

from oncall.cli.json_option import JSON_OPTION
from oncall.cli.output import local_settings, print_json, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    import socket

    from oncall.wiring import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("serve")(serve)
    app.command("worker")(worker)
    token = typer.Typer(help="Make, list and revoke callers' tokens.", no_args_is_help=True, rich_markup_mode=None)
    token.command("create")(create_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")


def serve(
    host: str = typer.Option("127.0.0.1", "--host", metavar="ADDRESS", help="The address to listen on."),
    port: int = typer.Option(
        8000, "--port", metavar="PORT", min=0, max=65535, help="The port to listen on; 0 takes any free port."
    ),
) -> None:
    """Run the API and the pager in one process.

    Needs ONCALL_SMS: "twilio" with its credentials, or "outbox" to print messages instead of sending them.

    Example: ONCALL_SMS=outbox oncall serve --port 8000
    """
    import signal

    import uvicorn

    from oncall import wiring

    settings = wiring.read_settings()
    wiring.make_channels(settings, callback_url=None)
    from oncall.web.connection_limits import PatientProtocol
    from oncall.wiring.logs import start_logging
    from oncall.wiring.pager import freeze_loaded_objects
    from oncall.wiring.web_service import make_app, only_pager, raise_open_files

    with _listen(host, port) as listening, only_pager(settings):
        address = f"http://{host}:{listening.getsockname()[1]}"
        app = make_app(settings, address=address)
        start_logging()
        _announce(settings, address)
        # The server stops in order on these, then raises them once more; being told to stop is no failure.
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, lambda *_: None)
        raise_open_files()
        freeze_loaded_objects()
        config = uvicorn.Config(
            app, http=PatientProtocol, log_config=None, log_level="warning", access_log=False, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listening])


def worker(
    metrics_port: int | None = typer.Option(
        None,
        "--metrics-port",
        metavar="PORT",
        min=0,
        max=65535,
        help="Serve /metrics, /healthz and /readyz on this port; not served when absent.",
    ),
    metrics_host: str = typer.Option(
        "127.0.0.1", "--metrics-host", metavar="ADDRESS", help="The address to serve them on."
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
    from oncall.wiring.pager import freeze_loaded_objects, refuse_to_work_on_sqlite, run_worker

    refuse_to_work_on_sqlite(settings)
    wiring.make_store(settings).close()
    probes = _listen(metrics_host, metrics_port) if metrics_port is not None else None
    start_logging()
    _announce(settings, None)
    if probes is not None:
        tell(f"Its metrics are on http://{metrics_host}:{probes.getsockname()[1]}/metrics")
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
    """Open the listening socket before anything else starts. Raises Refused when the address is in use."""
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise Refused(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listening


def create_token(
    name: str = typer.Argument(metavar="NAME", help="The caller: a system's name, or an engineer's id."),
    role: str = typer.Option(..., "--role", metavar="ROLE", help="What it may do: intake, engineer or manager."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a caller's token, and print it once.

    The database keeps only its digest, so nothing can show the token again.

    Example: oncall token create zendesk --role intake
    """
    import hashlib
    import secrets

    from oncall import wiring
    from oncall.paging.actions.engineer_tokens import roster_fault
    from oncall.paging.ports.callers import CallerRole, Token

    if not _NAME.fullmatch(name):
        raise Refused(f'"{name[:60]}" is not a name; write 1 to 60 of A-Z a-z 0-9 . _ -')
    if role not in [known.value for known in CallerRole]:
        raise Refused(f'"{role[:60]}" is not a role; write intake, engineer or manager')
    settings = local_settings("token")
    secret = f"oncall_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = Token(name, CallerRole(role), digest, wiring.make_clock(settings).real_now())
    with wiring.make_store(settings) as store:
        store.write(lambda tx: tx.add_token(token))
        fault = store.read(lambda tx: roster_fault(name, tx.schedule())) if token.role is CallerRole.ENGINEER else None
    if fault is not None:
        tell(f"WARNING: the server refuses this token's events until {name} is on the roster: {fault}", colour="yellow")
    if json:
        print_json({"name": name, "role": role, "token": secret})
        return
    typer.echo(secret)
    tell("Keep it: it is not shown again.")


def list_tokens(json: bool = JSON_OPTION) -> None:
    """List the callers with their roles, but no tokens.

    Example: oncall token list
    """
    from oncall import wiring

    with wiring.make_store(local_settings("token")) as store:
        tokens = store.read(lambda tx: tx.tokens())
    if json:
        print_json(
            {"tokens": [{"name": t.name, "role": t.role.value, "created_at": t.created_at.isoformat()} for t in tokens]}
        )
        return
    if not tokens:
        tell("No tokens yet; make one with `oncall token create`.")
    for token in tokens:
        say(f"{token.name}  {token.role.value}  since {token.created_at:%Y-%m-%d %H:%M} UTC")


def revoke_token(
    name: str = typer.Argument(metavar="NAME", help="The caller's name."), json: bool = JSON_OPTION
) -> None:
    """Revoke a caller's token, within seconds.

    Example: oncall token revoke zendesk
    """
    from oncall import wiring

    with wiring.make_store(local_settings("token")) as store:
        store.write(lambda tx: tx.remove_token(name))
    if json:
        print_json({"name": name, "revoked": True})
        return
    say(f"Revoked {name}'s token.")
