"""A burst of receipts from one address, as Twilio posts them, while the database is slow: each one is answered."""

from __future__ import annotations

import asyncio
import secrets
import threading
from pathlib import Path

import aiohttp
import pytest

from doubles.event_loop import until
from doubles.loopback import listening_socket
from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_callbacks import sign
from doubles.twilio_posts import NUMBER
from oncall.web.server.server import make_server
from oncall.web.services.dependencies import kept
from oncall.wiring import Settings
from oncall.wiring.web_service import connection_limits, make_app
from tests.paging.world import SATURDAY_NIGHT, World

CONNECTIONS = 600
"""One address may have 150 of them, and the provider's 450."""
BURST = 400
"""More than the 256 requests of other kinds that may be in progress."""


def settings_in(folder: Path) -> Settings:
    World(folder).close()
    return Settings(
        database_url=f"sqlite:///{folder}/world.db",
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_number=NUMBER,
        twilio_url="http://127.0.0.1:1",
        clock_starts_at=SATURDAY_NIGHT,
        trusted_proxies=(),
        connections=CONNECTIONS,
    )


async def post_receipt(session: aiohttp.ClientSession, url: str) -> int:
    sid = f"SM{secrets.token_hex(16)}"
    form = {"MessageSid": sid, "MessageStatus": "delivered", "AccountSid": ACCOUNT_SID, "To": "+13055550101"}
    async with session.post(url, data=form, headers={"X-Twilio-Signature": sign(url, form, AUTH_TOKEN)}) as answer:
        return answer.status


async def statuses_of_a_burst(settings: Settings) -> list[int]:
    """Post one receipt, and then many at once that must wait for the database. Return the answers' statuses."""
    may_store = threading.Event()
    with listening_socket() as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = make_app(settings, address=address)
        server = make_server(app, connection_limits(settings, open_files=10_000))
        serving = asyncio.create_task(server.serve([listening]))
        url = f"{address}/webhooks/twilio/status"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as session:
            await until(lambda: server.started)
            statuses = [await post_receipt(session, url)]
            blocking = asyncio.create_task(kept(app).services.engine.write(lambda _: may_store.wait(60)))
            burst = [asyncio.create_task(post_receipt(session, url)) for _ in range(BURST)]
            await until(lambda: len(server.server_state.tasks) >= BURST or any(each.done() for each in burst))
            may_store.set()
            statuses += await asyncio.gather(*burst)
            await blocking
        server.should_exit = True
        await serving
    return statuses


@pytest.mark.slow
def test_a_burst_of_receipts_from_one_address_is_stored_and_answered_while_the_database_is_slow(
    tmp_path: Path,
) -> None:
    assert asyncio.run(statuses_of_a_burst(settings_in(tmp_path))) == [204] * (BURST + 1)
