"""What the Twilio double posts to the pager: signed status reports, pressed keys, and people's SMS."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from aiohttp import ClientSession

from doubles.twilio_account import Account, TwilioMessage
from doubles.twilio_callbacks import CallbackRefused, call_script, inbound_form, post, sign, twiml_text

NUMBER = "+15005550006"


class InboundOptions(TypedDict, total=False):
    """Options of a person's SMS.

    to: the number it was sent to.
    sid: the id of an earlier post, to repeat it.
    signed_for: the public URL if it differs from the called URL.
    auth_token: another token, to sign wrongly.
    """

    to: str
    sid: str
    signed_for: str
    auth_token: str


class SignedPosts:
    """Posts on behalf of one account, signed with its token."""

    def __init__(self, account: Account, auth_token: str, session: ClientSession) -> None:
        self._account, self._auth_token, self._session = account, auth_token, session

    async def deliver(self, sid: str, status: str, error_code: int | None) -> int | None:
        message = self._account.set_status(sid, status, error_code)
        return await self.call_back(message) if message.status_callback else None

    async def call_back(self, message: TwilioMessage) -> int:
        url, form = message.status_callback or "", message.callback_form()
        return (await self.post_signed(url, form, self._auth_token))[0]

    async def call_status(self, sid: str, status: str) -> int | None:
        call = self._account.call(sid)
        call.status = status
        if call.status_callback is None:
            return None
        return (await self.post_signed(call.status_callback, call.form(), self._auth_token))[0]

    async def answer(self, sid: str, keys: Sequence[str], auth_token: str, repeats: int) -> list[str]:
        call = self._account.call(sid)
        await self.call_status(sid, "in-progress")
        xml = call.twiml or ""
        if call.url:
            xml = (await self.post_signed(call.url, call.form(), self._auth_token))[1]
        heard = call_script(xml)
        call.said += heard.said
        for key in keys:
            if heard.action is None:
                break
            for _ in range(repeats):
                status, text = await self.post_signed(heard.action, call.form(Digits=key), auth_token)
                if not 200 <= status < 300:
                    raise CallbackRefused(status, text)
            heard = call_script(text)
            call.said += heard.said
        call.said += heard.without_key
        await self.call_status(sid, "completed")
        return list(call.said)

    async def post_signed(self, url: str, form: Mapping[str, str], auth_token: str) -> tuple[int, str]:
        return await post(self._session, url, form, signature=sign(url, form, auth_token))

    async def inbound(self, from_: str, body: str, url: str, **how: Unpack[InboundOptions]) -> str | None:
        self._account.note_keyword(from_, body)
        sid = how.get("sid") or "SM" + secrets.token_hex(16)
        form = inbound_form(self._account.sid, from_, how.get("to", NUMBER), body, sid)
        signature = sign(how.get("signed_for") or url, form, how.get("auth_token") or self._auth_token)
        status, text = await post(self._session, url, form, signature=signature)
        if not 200 <= status < 300:
            raise CallbackRefused(status, text)
        return twiml_text(text)
