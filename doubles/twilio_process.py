"""The Twilio double as its own process; `python -m doubles.twilio` runs it."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioDouble


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a process until interrupted. The first line printed is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m doubles.twilio", description="A Twilio on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--account-sid", default=ACCOUNT_SID)
    parser.add_argument("--auth-token", default=AUTH_TOKEN)
    parser.add_argument("--auto-deliver", action="store_true", help="report every message as sent and delivered")
    parser.add_argument("--delivery-seconds", type=float, default=0.0, help="pause before each of these reports")
    chosen = parser.parse_args(arguments)
    double = TwilioDouble(
        account_sid=chosen.account_sid,
        auth_token=chosen.auth_token,
        port=chosen.port,
        auto_deliver=chosen.auto_deliver,
        delivery_seconds=chosen.delivery_seconds,
    )
    with double:
        sys.stdout.write(f"{double.base_url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
