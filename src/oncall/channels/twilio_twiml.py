"""What a call of ours says and asks, as the XML that Twilio reads out."""

from __future__ import annotations

import re

from twilio.twiml.voice_response import Gather, VoiceResponse

ANSWER_SECONDS = 10
"""How long a call waits for a key after it has asked, real time."""

_TIMES_SAID = 2
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def question_twiml(text: str, action: str) -> str:
    """Say `text`, twice with a pause, and post the key that is pressed meanwhile to `action`; without one, hang up."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=action, method="POST", timeout=ANSWER_SECONDS)
    for number in range(_TIMES_SAID):
        if number:
            gather.pause(length=1)
        gather.say(_sayable(text))
    response.append(gather)
    response.say("No key was pressed, so the next person is told in time. Goodbye.")
    return str(response)


def statement_twiml(text: str) -> str:
    """Say `text` and hang up."""
    response = VoiceResponse()
    response.say(_sayable(text))
    response.hangup()
    return str(response)


def _sayable(text: str) -> str:
    return _NOT_IN_XML.sub("", text)[:1000]
