"""Collects the facts that `oncall doctor` checks: from the database, the provider, the clocks and the disk.

Sends nothing.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

from oncall.channels.twilio_codes import CODES, OPTED_OUT, cause_of
from oncall.errors import DeliveryError, IdentityError, OncallError, Permanent, SettingsError, StoreError, Unreachable
from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.time_source import Clock
from oncall.paging.watch.audit import audit, grace_by
from oncall.paging.watch.doctor_inputs import (
    BEHIND,
    Facts,
    FailedAttempt,
    FailureCause,
    Probing,
    Provider,
    SignInCheck,
    Stored,
)
from oncall.paging.watch.refused_callers import REPORTED_FOR
from oncall.store.sql_store import SqlStore
from oncall.support.policy import Policy
from oncall.wiring import Settings, make_channels, make_clock, make_store, sqlite_path
from oncall.wiring.identity_settings import make_provider
from oncall.wiring.settings import CHANNEL_VARIABLE, WEBHOOK_VARIABLE, variable_part

MOST_ATTEMPTS = 5000


def gather(settings: Settings, clock: Clock | None = None, *, trouble: str | None = None) -> Facts:
    """Collect all facts. If one cannot be read, that is a fact itself, and no error is raised.

    Do not call it in an event loop. clock: the clock of the calling process; None creates one. trouble: why the
    provider refuses the running pager.
    """
    clock = clock if clock is not None else make_clock(settings)
    stored, fault = _ask_database(settings, clock)
    path = sqlite_path(settings)
    return Facts(
        now=clock.now(),
        real_now=clock.real_now(),
        provider=asyncio.run(_ask_provider(settings, clock)),
        public_url=settings.public_url,
        stored=stored,
        database_fault=fault,
        free_bytes=_free_bytes(path) if path is not None else None,
        failure_of=failure_of,
        trouble=trouble,
        sign_in=asyncio.run(_ask_identity_provider(settings)),
        unset=_unset(settings, stored.policy if stored is not None else None),
        unset_mail=settings.mail.unset,
    )


def failure_of(attempt: Attempt) -> FailedAttempt | None:
    """Return why an attempt failed for good: the number, the route or the account; None for other attempts."""
    if attempt.status not in (AttemptStatus.FAILED, AttemptStatus.UNDELIVERED) or attempt.error_code is None:
        return None
    if attempt.error_code == OPTED_OUT:
        # Opt-outs are recorded separately, with a later START.
        return None
    fact = CODES.get(attempt.error_code)
    if fact is None:
        sentence = f"code {attempt.error_code}; see https://www.twilio.com/docs/errors/{attempt.error_code}."
    elif fact.may_pass:
        return None
    else:
        sentence = f"{fact.sentence}."
    cause = FailureCause(cause_of(attempt.error_code).value)
    return FailedAttempt(attempt.to, attempt.written_at, cause, attempt.error_code, sentence)


def _unset(settings: Settings, policy: Policy | None) -> list[str]:
    """Return the names of the variables that the policy's webhooks and team channels need and that are not set."""
    if policy is None:
        return []
    hooks = [variable_part(each.name) for each in policy.webhooks]
    channels = [variable_part(each.name) for each in policy.team_channels]
    return [
        *(f"{WEBHOOK_VARIABLE}{part}" for part in hooks if part not in settings.webhook_secrets),
        *(f"{CHANNEL_VARIABLE}{part}" for part in channels if part not in settings.channel_urls),
    ]


def _free_bytes(path: Path) -> int | None:
    try:
        folder = next(folder for folder in path.absolute().parents if folder.exists())
        return shutil.disk_usage(folder).free
    except (OSError, StopIteration):
        return None


def _ask_database(settings: Settings, clock: Clock) -> tuple[Stored | None, str | None]:
    path = sqlite_path(settings)
    if path is not None and not path.exists():
        return None, f"{path}: there is no database yet; `oncall publish` a plan, or check ONCALL_DATABASE_URL."
    try:
        with make_store(settings) as store:
            return _read(store, clock), None
    except StoreError as error:
        return None, str(error)


def _read(store: SqlStore, clock: Clock) -> Stored:
    before = clock.real_now()
    database_now = store.database_now()
    halfway = before + (clock.real_now() - before) / 2
    skew = halfway - database_now if database_now is not None else None
    now, real_now = clock.now(), clock.real_now()

    def work(tx: Transaction) -> Stored:
        policy, fault = None, None
        try:
            policy = tx.policy_at(now)
        except OncallError as error:
            fault = str(error)
        return Stored(
            schedule=tx.schedule(),
            policy=policy,
            policy_fault=fault,
            heartbeat=tx.last_beat(),
            attempts=tx.recent_attempts(written_since=real_now - BEHIND, limit=MOST_ATTEMPTS),
            alerts=tx.alerts(written_since=real_now - BEHIND),
            opted_out={
                person: f"{mark.why}; ask them to text START to the sender."
                for person, mark in unreachable_by_text(tx).items()
            },
            reached=tx.reached(),
            overdue=audit(tx, now=now, real_now=real_now, grace=grace_by(clock)).overdue,
            skew=skew,
            refusals=tx.refusals(since=real_now - REPORTED_FOR - timedelta(hours=1)),
            tokens=tx.tokens(),
            backlogs=tx.relay_backlogs(),
            proofs=tx.phone_proofs(),
            failures=tx.waiting_failures(),
            heartbeats=tx.heartbeats(),
            subscribers=tx.count_subscribers(),
        )

    return store.read(work)


async def _ask_provider(settings: Settings, clock: Clock) -> Provider:
    try:
        channel = make_channels(settings, callback_url=None).sms
    except SettingsError as error:
        return Provider(None, str(error))
    try:
        if not isinstance(channel, Probing):
            return Provider(channel.name)
        asked_at = clock.real_now()
        provider_now = await channel.probe()
        halfway = asked_at + (clock.real_now() - asked_at) / 2
        return Provider(channel.name, skew=halfway - provider_now if provider_now is not None else None)
    except DeliveryError as error:
        return Provider(channel.name, str(error), is_lasting=isinstance(error, Permanent | Unreachable))
    finally:
        await channel.close()


async def _ask_identity_provider(settings: Settings) -> SignInCheck | None:
    """Fetch the identity provider's discovery document and keys, as a sign-in does. None if no provider is set."""
    provider = make_provider(settings.identity, public_url=settings.public_url or "")
    if provider is None:
        return None
    try:
        await provider.probe()
    except IdentityError as error:
        return SignInCheck(str(error))
    finally:
        await provider.close()
    return SignInCheck(None)
