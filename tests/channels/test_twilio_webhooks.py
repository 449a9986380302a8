"""Requests from Twilio: checking their signatures, reading them and answering them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from doubles.twilio_callbacks import sign
from oncall.channels.twilio_codes import message_receipt
from oncall.channels.twilio_webhooks import InboundSms, OptOut, StatusReport, parse_inbound, parse_status, verify
from oncall.channels.twilio_webhooks import reply_twiml as reply
from oncall.errors import Refused
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Receipt

PUBLIC = "https://oncall.example.com"
PATH = "/webhooks/twilio/status?delivery=d%2F1&x=a+b%20c"
TOKEN, OLD_TOKEN = "current-token", "token-until-last-week"
FORM = {"MessageSid": "SM" + "0" * 32, "Body": "ack 7k2", "FromCity": "", "From": "+13055550101"}
SIGNED = sign(PUBLIC + PATH, FORM, TOKEN)


def test_a_request_that_twilio_signed_is_accepted() -> None:
    assert verify(PATH, FORM, SIGNED, [TOKEN], PUBLIC)
    assert verify(PATH, FORM, SIGNED, [TOKEN], PUBLIC + "/")


def test_twilio_may_sign_with_the_port_or_without() -> None:
    with_port = sign(f"https://oncall.example.com:443{PATH}", FORM, TOKEN)
    assert verify(PATH, FORM, with_port, [TOKEN], PUBLIC)
    assert verify(PATH, FORM, SIGNED, [TOKEN], "https://oncall.example.com:8443")


@pytest.mark.parametrize(
    ("public", "called"),
    [
        ("https://oncall.example.com", "https://oncall.example.com:443"),
        ("https://oncall.example.com:443", "https://oncall.example.com"),
        ("http://oncall.example.com", "http://oncall.example.com:80"),
        ("https://oncall.example.com:8443", "https://oncall.example.com"),
        ("https://oncall.example.com:8443/pager", "https://oncall.example.com:8443/pager"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("http://[2001:db8::1]", "http://[2001:db8::1]:80"),
    ],
)
def test_an_address_is_signed_for_with_its_port_or_without(public: str, called: str) -> None:
    assert verify(PATH, FORM, sign(called + PATH, FORM, TOKEN), [TOKEN], public)


def test_every_value_of_a_repeated_field_is_signed_once_in_order() -> None:
    signature = sign(PUBLIC + PATH, {"AddOns": "aAddOnsb", "Body": "x"}, TOKEN)
    assert verify(PATH, {"AddOns": ["b", "a", "b"], "Body": ["x"]}, signature, [TOKEN], PUBLIC)
    assert not verify(PATH, {"AddOns": ["b"], "Body": ["x"]}, signature, [TOKEN], PUBLIC)


def test_the_header_names_the_algorithm_and_an_unknown_one_is_refused() -> None:
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + PATH, FORM, "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert verify(PATH, FORM, signature, [OLD_TOKEN, TOKEN], PUBLIC, settings)
    assert not verify(PATH, FORM, signature, [TOKEN], PUBLIC)
    assert not verify(PATH, FORM, SIGNED, [TOKEN], PUBLIC, settings)
    assert not verify(PATH, FORM, SIGNED, [TOKEN], PUBLIC, "key=webhooks_sharedkey_1,algorithm=none")


def test_two_tokens_are_accepted_while_one_replaces_the_other() -> None:
    assert verify(PATH, FORM, SIGNED, [OLD_TOKEN, TOKEN], PUBLIC)
    assert verify(PATH, FORM, SIGNED, [TOKEN, OLD_TOKEN], PUBLIC)
    assert not verify(PATH, FORM, SIGNED, [OLD_TOKEN], PUBLIC)


def test_the_signature_does_not_cover_a_fragment() -> None:
    assert verify(PATH + "#rc=3", FORM, SIGNED, [TOKEN], PUBLIC)


@pytest.mark.parametrize("signature", [None, "", "x", SIGNED[:-1], SIGNED.swapcase(), "\u00e9" * 28])
def test_a_missing_or_wrong_signature_is_refused(signature: str | None) -> None:
    assert not verify(PATH, FORM, signature, [TOKEN], PUBLIC)


@pytest.mark.parametrize("tokens", [[], [""], ["", ""]])
def test_an_unset_token_refuses_everything(tokens: list[str]) -> None:
    assert not verify(PATH, FORM, sign(PUBLIC + PATH, FORM, ""), tokens, PUBLIC)


@pytest.mark.parametrize(
    ("path", "public"),
    [
        (PATH.replace("%20", "+"), PUBLIC),
        (PATH, "http://oncall.example.com"),
        (PATH, "https://other.example.com"),
        (PATH, "https://oncall.example.com:port"),
        (PATH, ""),
    ],
)
def test_another_address_than_the_public_one_is_refused(path: str, public: str) -> None:
    assert not verify(path, FORM, SIGNED, [TOKEN], public)


def test_dropping_or_adding_a_field_is_refused() -> None:
    assert not verify(PATH, {name: text for name, text in FORM.items() if text}, SIGNED, [TOKEN], PUBLIC)
    assert not verify(PATH, {**FORM, "Extra": "1"}, SIGNED, [TOKEN], PUBLIC)


def test_text_that_cannot_be_encoded_is_refused() -> None:
    assert not verify(PATH, {**FORM, "Body": "\udcff"}, SIGNED, [TOKEN], PUBLIC)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(form=st.dictionaries(_texts, _texts, max_size=6), token=_texts.filter(bool), changed=_texts)
def test_only_the_signed_form_is_accepted(form: dict[str, str], token: str, changed: str) -> None:
    signature = RequestValidator(token).compute_signature(PUBLIC + PATH, form)
    assert signature == sign(PUBLIC + PATH, form, token)
    assert verify(PATH, form, signature, [token], PUBLIC)
    # No drawn form has this name, so the signed text always differs.
    assert not verify(PATH, {**form, "\x7fnew": changed}, signature, [token], PUBLIC)


def test_an_answer_is_one_message_or_none() -> None:
    assert reply(None) == reply("") == '<?xml version="1.0" encoding="UTF-8"?><Response />'
    assert reply("ben has <it> & you") == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Message>ben has &lt;it&gt; &amp; you</Message></Response>'
    )


@given(st.text(st.characters(), max_size=2000))
def test_any_text_can_be_answered(text: str) -> None:
    message = ElementTree.fromstring(reply(text).encode()).find("Message")
    assert message is None or len(message.text or "") <= 1600


def test_unknown_fields_of_an_inbound_sms_are_ignored() -> None:
    form = {**FORM, "To": "+15005550006", "NewIn2030": "x"}
    assert parse_inbound(form) == InboundSms("SM" + "0" * 32, "+13055550101", "+15005550006", "ack 7k2")


@pytest.mark.parametrize(
    ("word", "opt_out"),
    [("STOP", OptOut.STOP), ("start", OptOut.START), ("HELP", OptOut.HELP), ("", None), ("MAYBE", None)],
)
def test_an_opt_out_is_read_from_twilios_field(word: str, opt_out: OptOut | None) -> None:
    assert parse_inbound({**FORM, "To": "+15005550006", "OptOutType": word}).opt_out is opt_out


def test_a_picture_message_may_have_no_text() -> None:
    sms = parse_inbound({"MessageSid": "MM" + "A" * 32, "From": "+13055550101", "To": "12345"})
    assert (sms.message_sid, sms.body) == ("MM" + "A" * 32, "")


def test_a_long_text_is_cut() -> None:
    assert len(parse_inbound({**FORM, "To": "12345", "Body": "x" * 5000}).body) == 1600


def test_an_inbound_sms_does_not_show_its_numbers_in_a_log() -> None:
    assert "5550101" not in repr(parse_inbound({**FORM, "To": "+15005550006"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"MessageSid": ""},
            "MessageSid: missing or not an id of Twilio's; it is SM or MM and 32 hexadecimal digits",
        ),
        (
            {"MessageSid": "SM" + "0" * 32 + "\n"},
            "MessageSid: missing or not an id of Twilio's; it is SM or MM and 32 hexadecimal digits",
        ),
        ({"From": ""}, "From: missing or longer than 64 characters; it is a phone number"),
        ({"To": "1" * 65}, "To: missing or longer than 64 characters; it is a phone number"),
    ],
)
def test_a_malformed_inbound_sms_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_inbound({**FORM, "To": "+15005550006", **change})
    assert str(caught.value) == message


def test_a_status_report_names_the_delivery_and_its_state() -> None:
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": "30003", "Whatever": "1"}
    assert parse_status(form, delivery="d-1") == StatusReport(
        message_receipt("SM" + "0" * 32, "undelivered", 30003), "undelivered", "d-1"
    )


@pytest.mark.parametrize("code", ["", "0", "oops", "99999999999", "\u0663"])
def test_a_malformed_error_code_is_ignored(code: str) -> None:
    form = {"MessageSid": "SM" + "0" * 32, "SmsStatus": "sent", "ErrorCode": code}
    assert parse_status(form, delivery="x" * 129) == StatusReport(
        Receipt("SM" + "0" * 32, AttemptStatus.SENT, None), "sent", None
    )


@pytest.mark.parametrize("status", ["", "s" * 65])
def test_a_status_report_without_a_state_is_refused(status: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_status({"MessageSid": "SM" + "0" * 32, "MessageStatus": status})
    assert str(caught.value) == "MessageStatus: missing or too long; a status callback names the message's state"
