"""The process that sends mail to many subscribers: `python -m oncall.channels.mail_process`. `ManyMails` starts it.

It has a low priority, so that ten thousand mails do not slow the pager. Its first line of input names the server and
the sender. Each further line is a mail, and the process answers it with a line that says what became of it. It ends
with its input.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime

from oncall.channels.mail_post import MailPost
from oncall.channels.mail_server import MailServer
from oncall.errors import AddressRefused, DeliveryError, Unreachable

LOW_PRIORITY = 10
SENT, REFUSED, UNREACHABLE, LATER = "sent", "address refused", "unreachable", "later"


def outcome_of(error: DeliveryError | None) -> dict[str, str]:
    """Return what became of a mail, as the process writes it. error: None for a mail that the server accepted."""
    if error is None:
        return {"outcome": SENT, "words": ""}
    kinds = ((AddressRefused, REFUSED), (Unreachable, UNREACHABLE))
    kind = next((name for made, name in kinds if isinstance(error, made)), LATER)
    return {"outcome": kind, "words": str(error)}


def main() -> None:
    """Send the mails of the input until it ends."""
    os.nice(LOW_PRIORITY)
    start = json.loads(sys.stdin.readline())
    server, sender, post = MailServer(**start["server"]), str(start["sender"]), MailPost(None, None)
    for line in sys.stdin:
        mail = json.loads(line)
        error: DeliveryError | None = None
        try:
            post.send_now(server, sender, mail["id"], mail["body"], datetime.fromisoformat(mail["real_now"]))
        except DeliveryError as failure:
            error = failure
        sys.stdout.write(json.dumps(outcome_of(error)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
