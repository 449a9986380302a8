"""Readers of a published status page, who subscribe to its notices."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from oncall.paging.actions.subscriptions import Asked, confirm, subscribe
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_from_body
from oncall.paging.ports.relay import RelayFilter, RelayMessage
from oncall.paging.ports.subscribers import Subscriber
from oncall.paging.relay.subscriber_notices import SubscriberNotices, store_notices
from oncall.status.status_actions import StatusAction, StatusAuthor, act_on_status
from tests.paging.world import World, at

BASE = "https://oncall.example"
ANA = "ana@example.org"


class Readers:
    """Readers of a published status page, and the mail that is written for them."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder, now=at("2027-01-09 03:12"))
        self.world.publish()
        self.notices = SubscriberNotices(BASE)
        self._seen: set[str] = set()
        self._made = 0

    def ask(self, email: str = ANA, *components: str, source: str = "192.0.2.7") -> None:
        now = self.world.clock.now()
        asked = Asked(email, components, source, BASE)
        self.world.store.write(lambda tx: subscribe(tx, asked, now=now, real_now=now))

    def confirm(self, token: str) -> Subscriber:
        now = self.world.clock.now()
        return self.world.store.write(lambda tx: confirm(tx, token, now=now, real_now=now))

    def joined(self, email: str = ANA, *components: str) -> Subscriber:
        """Subscribe and confirm."""
        self.ask(email, *components)
        return self.confirm(token_in(self.mails()[-1]))

    def act(self, action: StatusAction) -> str:
        self._made += 1
        author, name = StatusAuthor("mei", self.world.clock.now(), may_backdate=True), f"id{self._made}"
        return self.world.store.write(lambda tx: act_on_status(tx, action, author, name))

    def round(self) -> bool:
        """Write some notices; False if there was nothing to do."""
        now = self.world.clock.now()
        found = self.world.store.read(lambda tx: self.notices.find(tx, now=now, real_now=now))
        return found is not None and self.world.store.write(lambda tx: store_notices(tx, found))

    def messages(self) -> list[RelayMessage]:
        """Write all notices, and return the messages that are new, in order."""
        while self.round():
            pass
        found = self.world.store.read(lambda tx: tx.relay_messages(RelayFilter(limit=1000)))
        new = [each for each in reversed(found) if each.id not in self._seen]
        self._seen.update(each.id for each in new)
        return new

    def mails(self) -> list[OutgoingMail]:
        return [mail_from_body(each.body) for each in self.messages()]

    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails()]

    def wait(self, length: timedelta) -> None:
        self.world.clock.moment += length


def token_in(mail: OutgoingMail) -> str:
    found = re.search(rf"{BASE}/status/confirm/(\S+)", mail.text)
    assert found is not None, mail.text
    return found[1]
