"""Builds what the routes need in the second process: the pager's database and clock, and nothing that can page."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from oncall.channels.subscriber_hook import checked_address
from oncall.errors import Refused
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.paging.watch.doctor_findings import DoctorReport
from oncall.web.access.caller_rate import CallerRate
from oncall.web.access.refusals import Refusals
from oncall.web.access.token_use import TokenUse
from oncall.web.app import create_app
from oncall.web.services.services import Services
from oncall.wiring import Settings, make_channels, make_store
from oncall.wiring.alarms import Alarms
from oncall.wiring.refusal_watch import RefusalWatch, watching
from oncall.wiring.status_sms import can_text, shares_sender
from oncall.wiring.token_use_watch import storing_token_use
from oncall.wiring.web_service import TwilioWebhooks

PAGES_NOBODY = "this process answers pages only; ask the pager's process"


def make_page_app(settings: Settings, *, address: str, clock: Clock) -> FastAPI:
    """Build the web application for the process that answers web pages. address: where the service listens."""
    is_https = (settings.public_url or "").startswith("https://")
    return create_app(lambda: _open_services(settings, address, clock), is_https=is_https)


@asynccontextmanager
async def _open_services(settings: Settings, address: str, clock: Clock) -> AsyncIterator[Services]:
    store, channels = make_store(settings), make_channels(settings, callback_url=None)
    registry, worker = CollectorRegistry(), f"{socket.gethostname()}:{os.getpid()}"
    # It is not run, so it finds no work and sends nothing.
    engine = Engine(store=store, channels=channels.by_name(), clock=clock, worker=worker)
    refusals = Refusals(registry, real_now=clock.real_now, worker=worker)
    alarm, token_use = Alarms(settings.alarm_url, None), TokenUse()
    watch = RefusalWatch(refusals, engine, clock, worker=worker, alarm=alarm)
    public_url = (settings.public_url or address).rstrip("/")
    try:
        async with watching(watch, alarm), storing_token_use(token_use, engine):
            yield Services(
                engine,
                clock,
                TwilioWebhooks(settings, public_url=public_url),
                _NotHere(),
                registry,
                refusals,
                public_url,
                token_use=token_use,
                caller_rate=CallerRate(settings.caller_rate),
                can_mail=not settings.mail.unset,
                can_text=can_text(settings),
                pages_text_readers=shares_sender(settings),
                check_hook=partial(checked_address, may_be_loopback=settings.mail.may_be_loopback),
                portal_secret=settings.portal_secret,
            )
    finally:
        store.end_waits()
        await channels.close()
        await asyncio.to_thread(store.close)


class _NotHere:
    """`web.Readiness` of a process that cannot page."""

    async def problems(self) -> Sequence[str]:
        return [PAGES_NOBODY]

    async def examination(self, days: int) -> DoctorReport:
        raise Refused(PAGES_NOBODY)
