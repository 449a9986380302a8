"""The sender of texts to subscribers of the status page (`ONCALL_STATUS_SMS_FROM`), and when a text may be sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.channels.twilio_forms import OwnAccount
from oncall.channels.twilio_sms import TwilioSms
from oncall.errors import SettingsError
from oncall.paging.ports.channel import Channel
from oncall.paging.ports.store import SendStore
from oncall.paging.sending.store_access import Access
from oncall.support.phones import same_phone
from oncall.wiring import make_channels, twilio_account
from oncall.wiring.settings import Settings

OFF = "none"
PAUSE, SHARED_PAUSE = timedelta(seconds=1), timedelta(seconds=3)
"""Pause (real time) between two texts to subscribers; the longer one if the number that pages also sends these texts.

A number sends about one segment a second, and a page must find no queue there.
"""
_ALERTS_FOR = timedelta(minutes=15)
"""How long (real time) an alert may be unsent. After that it is sent or has failed."""
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


def can_text(settings: Settings) -> bool:
    """Return True if readers of the status page may subscribe by SMS."""
    return settings.status_sms_from != OFF and (settings.sms is not None or bool(settings.account_sid))


def shares_sender(settings: Settings) -> bool:
    """Return True if texts to subscribers are sent from the number that pages engineers."""
    sender = settings.status_sms_from
    is_number_of_pages = settings.from_number is not None and same_phone(sender, settings.from_number)
    return not sender or is_number_of_pages or sender == settings.messaging_service_sid


def check_status_sender(settings: Settings) -> None:
    """Raise SettingsError if the settings of the sender of texts to subscribers cannot work."""
    sender = settings.status_sms_from
    if not sender or sender == OFF:
        return
    try:
        twilio_account(_own_settings(settings, sender), callback_url=None).sms_sender()
    except SettingsError:
        raise SettingsError(
            'ONCALL_STATUS_SMS_FROM is no sender; write a number like "+13055550100", a short code, the id of a '
            'messaging service, or "none"'
        ) from None


def make_status_sms(settings: Settings) -> Channel | None:
    """Create the channel for texts to subscribers; None if they are off. It gets no delivery receipts."""
    if not can_text(settings):
        return None
    sender = settings.status_sms_from
    if settings.sms == "outbox":
        return make_channels(settings, callback_url=None).sms
    chosen = _own_settings(settings, sender) if sender else settings
    return TwilioSms(twilio_account(chosen, callback_url=None))


def own_status_number(settings: Settings) -> OwnAccount | None:
    """Return how to recognize an inbound SMS to the status page's own sender; None if it has no own sender."""
    sender = settings.status_sms_from
    if shares_sender(settings) or sender == OFF:
        return None
    chosen = _own_settings(settings, sender)
    return OwnAccount(settings.account_sid, chosen.from_number, chosen.messaging_service_sid)


def is_for_status_page(sms: Mapping[str, str], pages: OwnAccount, status: OwnAccount | None) -> bool:
    """Return True if an inbound SMS was sent to the status page's own sender. pages, status: the two senders.

    The number that pages may also belong to the messaging service for subscribers. Then the SMS counts as a reply to a
    page, so that no such reply is lost.
    """
    return status is not None and status.is_named_by(sms) and not pages.is_named_by(sms)


class TextTurns:
    """Lets texts to subscribers be sent one by one, and only while no page, call, notice or alert is unsent."""

    def __init__(self, access: Access, real_now: Callable[[], datetime], pause: timedelta) -> None:
        self._access, self._real_now, self._pause = access, real_now, pause
        self._went_at: datetime | None = None

    async def next(self) -> bool:
        """Return True if a text may be sent now. Then the next text must wait for the pause."""
        if self._is_too_soon() or await self._access.read(lambda tx: has_unsent_pages(tx, self._real_now())):
            return False
        if self._is_too_soon():
            # Another text went while the store was asked.
            return False
        self._went_at = self._real_now()
        return True

    def _is_too_soon(self) -> bool:
        return self._went_at is not None and self._real_now() - self._went_at < self._pause


def has_unsent_pages(tx: SendStore, real_now: datetime) -> bool:
    """Return True while a message to an engineer or manager has not been accepted by its provider.

    real_now: aware UTC.
    """
    if tx.unsent_attempts(written_before=real_now, limit=1):
        return True
    return any(each.due_at is not None for each in tx.alerts(written_since=real_now - _ALERTS_FOR))


def _own_settings(settings: Settings, sender: str) -> Settings:
    is_service = _SERVICE.fullmatch(sender) is not None
    return replace(
        settings,
        from_number=None if is_service else sender,
        messaging_service_sid=sender if is_service else None,
    )
