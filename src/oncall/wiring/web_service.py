"""The whole service in one process: the pager and the web application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from functools import partial

from fastapi import FastAPI
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER

from oncall.channels.subscriber_hook import checked_address
from oncall.channels.twilio_account import TWILIO_URL
from oncall.channels.twilio_forms import Form, OwnAccount, why_unclear
from oncall.channels.twilio_twiml import question_twiml, statement_twiml
from oncall.channels.twilio_webhooks import parse_inbound, parse_key, parse_status, reply_twiml, verify
from oncall.errors import Refused, StoreError
from oncall.intake.mapping_file import all_mappings
from oncall.paging.actions.call_keys import KeyPress
from oncall.paging.ports.channel import Receipt
from oncall.paging.watch.doctor_findings import DoctorReport, report
from oncall.schedule.schedule import Schedule
from oncall.store.address import SqliteAddress, address_of
from oncall.store.sqlite_lock import only_pager_of
from oncall.web.access.caller_rate import CallerRate
from oncall.web.access.refusals import Refusals
from oncall.web.access.token_use import TokenUse
from oncall.web.app import create_app
from oncall.web.server.connection_gate import PER_SOURCE_SHARE, ConnectionLimits
from oncall.web.services.services import SenderSetup, Services, Sms
from oncall.wiring import Settings, database_url, make_channels, make_store
from oncall.wiring.alarms import Alarms
from oncall.wiring.doctor_facts import gather
from oncall.wiring.identity_settings import closed_at_end, make_provider
from oncall.wiring.mail_service import MailDoor, taking_mail
from oncall.wiring.pager import Pager, open_pager
from oncall.wiring.plan_worker import making_plans
from oncall.wiring.refusal_watch import RefusalWatch, watching
from oncall.wiring.status_sms import (
    can_text,
    check_status_sender,
    is_for_status_page,
    own_status_number,
    shares_sender,
)
from oncall.wiring.token_use_watch import storing_token_use

MOST_OPEN_FILES = 65_536
FILES_FOR_OURSELVES = 200
"""How many open files are reserved for the database, the provider and our own files, beside clients' connections."""


def make_app(settings: Settings, *, address: str, mail_door: MailDoor | None = None) -> FastAPI:
    """Build the web application. Its pager runs while the application runs.

    mail_door: the socket that receives mail; None: no mail is received. address: where the service listens. Without a
    public URL, callbacks of a Twilio double go to this address; the real Twilio could not reach it. Raises
    SettingsError, StoreError or FileFaults at once for settings and mapping files that cannot work.
    """
    callback_url = settings.public_url or (address if settings.twilio_url != TWILIO_URL else None)
    make_channels(settings, callback_url=callback_url)
    check_status_sender(settings)
    make_store(settings).close()
    senders = SenderSetup(all_mappings(settings.intake.mappings), settings.intake.signing_secrets)
    return create_app(
        lambda: _open_services(
            settings, callback_url=callback_url, address=address, senders=senders, mail_door=mail_door
        ),
        is_https=(settings.public_url or "").startswith("https://"),
    )


def raise_open_files() -> int:
    """Raise the limit of open files and connections as far as the machine allows, to at most 65,536.

    Returns the new limit.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit.
        return MOST_OPEN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MOST_OPEN_FILES) if hard != resource.RLIM_INFINITY else MOST_OPEN_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def connection_limits(settings: Settings, *, open_files: int) -> ConnectionLimits:
    """Return the limits on the connections of the service.

    open_files: how many files and connections the process may open.
    """
    room = max(open_files - FILES_FOR_OURSELVES, open_files // 2)
    most = min(settings.connections, room)
    per_source = settings.connections_per_source or max(most // PER_SOURCE_SHARE, 1)
    return ConnectionLimits(most, per_source, settings.trusted_proxies, settings.forwarding_proxies)


def only_pager(settings: Settings) -> AbstractContextManager[None]:
    """Return a context that holds the pager lock of a SQLite file.

    It does nothing on PostgreSQL, which serves many pagers.
    Entering the context raises Refused if another process has the lock.
    """
    address = address_of(database_url(settings))
    return only_pager_of(address) if isinstance(address, SqliteAddress) else nullcontext()


@asynccontextmanager
async def _open_services(
    settings: Settings, *, callback_url: str | None, address: str, senders: SenderSetup, mail_door: MailDoor | None
) -> AsyncIterator[Services]:
    """Run the pager, and yield what the web routes need, until the service stops."""
    webhooks = TwilioWebhooks(settings, public_url=settings.public_url or address)
    async with open_pager(settings, callback_url=callback_url, address=address) as pager:
        refusals = Refusals(pager.registry, real_now=pager.clock.real_now, worker=pager.worker)
        alarm = Alarms(settings.alarm_url, pager.relay)
        watch = RefusalWatch(refusals, pager.engine, pager.clock, worker=pager.worker, alarm=alarm)
        async with (
            watching(watch, alarm),
            storing_token_use(token_use := TokenUse(), pager.engine),
            making_plans(settings, pager.engine) as plans,
        ):
            readiness = _Readiness(settings, pager, watch)
            public_url = (settings.public_url or address).rstrip("/")
            provider = make_provider(settings.identity, public_url=public_url)
            services = Services(
                pager.engine,
                pager.clock,
                webhooks,
                readiness,
                pager.registry,
                refusals,
                public_url,
                token_use=token_use,
                senders=senders,
                caller_rate=CallerRate(settings.caller_rate),
                identity=provider,
                can_mail=not settings.mail.unset,
                can_text=can_text(settings),
                pages_text_readers=shares_sender(settings),
                check_hook=partial(checked_address, may_be_loopback=settings.mail.may_be_loopback),
                start_search=plans.start,
                portal_secret=settings.portal_secret,
            )
            async with taking_mail(pager.engine, mail_door), closed_at_end(provider):
                yield services


class TwilioWebhooks:
    """`web.ports.Webhooks` for Twilio. Without an auth token it refuses all requests."""

    def __init__(self, settings: Settings, *, public_url: str) -> None:
        self._keys, self._public_url = (settings.auth_token, settings.second_auth_token), public_url.rstrip("/")
        self._own = OwnAccount(settings.account_sid, settings.from_number, settings.messaging_service_sid)
        self._status = own_status_number(settings)

    def why_refused(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> str | None:
        signature, algorithm = headers.get(SIGNATURE_HEADER), headers.get(SIGNATURE_SETTINGS_HEADER)
        if not verify(path_and_query, form, signature, self._keys, self._public_url, algorithm):
            return "the signature does not match"
        return why_unclear(form) or self._own.why_foreign(form)

    def sms(self, form: Mapping[str, str]) -> Sms:
        is_for_status = is_for_status_page(form, self._own, self._status)
        why = None if is_for_status else self._own.why_to_another(form)
        if why is not None:
            raise Refused(why)
        inbound = parse_inbound(form)
        opt_out = inbound.opt_out.value if inbound.opt_out is not None else None
        return Sms(inbound.message_sid, inbound.from_number, inbound.body, opt_out, is_for_status)

    def status(self, form: Mapping[str, str]) -> Receipt:
        return parse_status(form).receipt

    def key(self, form: Mapping[str, str]) -> KeyPress:
        return parse_key(form)

    def said(self, text: str, *, asks_at: str | None) -> str:
        return statement_twiml(text) if asks_at is None else question_twiml(text, self._public_url + asks_at)

    def answer(self, text: str) -> str:
        return reply_twiml(text)


class _Readiness:
    """`web.ports.Readiness`: checks the store, the schedule, the pager and the provider."""

    def __init__(self, settings: Settings, pager: Pager, refusal_watch: RefusalWatch) -> None:
        self._settings, self._pager, self._refusal_watch = settings, pager, refusal_watch
        self._one_at_a_time = asyncio.Lock()
        self._checking: asyncio.Task[list[str]] | None = None

    async def problems(self) -> Sequence[str]:
        """Return the faults that would stop a page now, one sentence for each. Concurrent requests share one check."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._find_problems())
        return await asyncio.shield(self._checking)

    async def _find_problems(self) -> list[str]:
        try:
            schedule = await asyncio.wait_for(self._pager.engine.read(lambda tx: tx.schedule()), timeout=5)
        except StoreError:
            return ["the database cannot be read"]
        except TimeoutError:
            return ["the database does not answer"]
        found = [*self._pager.watch.problems, *_schedule_problems(schedule, self._pager.clock.now())]
        return list(dict.fromkeys(found))

    async def examination(self, days: int) -> DoctorReport:
        """Run the checks of `oncall doctor` in a thread, one run at a time, so that they do not delay the pager.

        days: how many days back the checks look.
        """
        async with self._one_at_a_time:
            await self._refusal_watch.save()
            trouble = self._pager.engine.trouble
            return await asyncio.to_thread(
                lambda: report(gather(self._settings, self._pager.clock, trouble=trouble), days)
            )


def _schedule_problems(schedule: Schedule, now: datetime) -> list[str]:
    if schedule.latest is None:
        return ["no schedule is published: nobody can be paged; see `oncall publish`"]
    missing = schedule.who(now).missing
    return [f"the schedule has a gap now: nobody is {' or '.join(missing)}"] if missing else []
