"""TwiML: the XML that tells Twilio what a call says and which key it waits for."""

from __future__ import annotations

import re

from twilio.twiml.voice_response import Gather, VoiceResponse

ANSWER_SECONDS = 10
"""How long (real seconds) a call waits for a key after it has asked for one."""

_REPETITIONS = 2
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def question_twiml(text: str, action: str) -> str:
    """Return TwiML that says `text` twice, asks for a key and posts it to `action`. Without a key the call ends."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=action, method="POST", timeout=ANSWER_SECONDS)
    for number in range(_REPETITIONS):
        if number:
            gather.pause(length=1)
        gather.say(_speakable(text))
    response.append(gather)
    response.say("You pressed no key, so oncall pages the next person in time. Goodbye.")
    return str(response)


def statement_twiml(text: str) -> str:
    """Return TwiML that says `text` and ends the call."""
    response = VoiceResponse()
    response.say(_speakable(text))
    response.hangup()
    return str(response)


def _speakable(text: str) -> str:
    return _NOT_IN_XML.sub("", text)[:1000]
