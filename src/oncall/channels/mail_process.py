"""The process that sends mail to many subscribers: `python -m oncall.channels.mail_process`. `ManyMails` starts it.

It has a low priority, so that ten thousand mails do not slow the pager. Its first line of input names the server and
the sender. Each further line is a batch of mails. The process answers each mail that it tries with a line that says
whether it was accepted, and ends the batch when the server accepts no mail any more. The process ends when its input
ends, and after SIGTERM when the present mail is sent.
"""

from __future__ import annotations

import json
import signal
import sys
from datetime import datetime

from oncall.channels.low_priority import lower_priority
from oncall.channels.mail_post import MailPost
from oncall.channels.mail_server import MailServer
from oncall.errors import AddressDelayed, AddressRefused, DeliveryError, Unreachable
from oncall.paging.ports.relay import stops_others

LOW_PRIORITY = 10
SENT, REFUSED, DELAYED = "sent", "address refused", "address delayed"
UNREACHABLE, LATER = "unreachable", "later"


class _Stop:
    """Remembers whether SIGTERM came."""

    is_asked = False

    def ask(self, *_: object) -> None:
        self.is_asked = True


def outcome_of(error: DeliveryError | None) -> dict[str, str]:
    """Return the result of a mail in the form in which the process writes it. error: None for an accepted mail."""
    if error is None:
        return {"outcome": SENT, "words": ""}
    kinds = ((AddressRefused, REFUSED), (AddressDelayed, DELAYED), (Unreachable, UNREACHABLE))
    kind = next((name for made, name in kinds if isinstance(error, made)), LATER)
    return {"outcome": kind, "words": str(error)}


def main() -> None:
    """Send the mails in the input until the input ends."""
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    lower_priority(LOW_PRIORITY)
    start = json.loads(sys.stdin.readline())
    server, sender, post = MailServer(**start["server"]), str(start["sender"]), MailPost(None, None)
    for line in sys.stdin:
        batch = json.loads(line)
        real_now = datetime.fromisoformat(batch["real_now"])
        for mail in batch["mails"]:
            if stop.is_asked:
                return
            error: DeliveryError | None = None
            try:
                post.send_now(server, sender, mail["id"], mail["body"], real_now)
            except DeliveryError as failure:
                error = failure
            sys.stdout.write(json.dumps(outcome_of(error)) + "\n")
            sys.stdout.flush()
            if stops_others(error):
                break


if __name__ == "__main__":
    main()
