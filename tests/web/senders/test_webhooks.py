"""Callbacks of the provider: only signed ones have an effect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_callbacks import CallbackRefused, inbound_form
from doubles.twilio_posts import NUMBER
from tests.paging.world import ticket_body
from tests.web.api.test_probes import metrics
from tests.web.service import Service, problem

ANA, BEN, STRANGER = "+13055550101", "+13055550102", "+15005550099"
FORM = {"MessageSid": "SM" + "a" * 32, "From": ANA, "To": "+15005550006", "Body": "ACK", "FromCity": ""}


@pytest.fixture
def paged(service: Service) -> Service:
    """Ana was paged for T-1."""
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    return service


def reply(service: Service, phone: str, body: str, **more: str) -> str | None:
    return service.twilio.inbound(phone, body, f"{service.address}/webhooks/twilio/sms", **more)


def test_a_signed_reply_acknowledges_and_is_answered(paged: Service) -> None:
    assert reply(paged, ANA, "Ack") == "T-1 is yours."
    assert (paged.ticket()["state"], paged.ticket()["owner"]) == ("acknowledged", "ana")


def test_a_reply_that_is_posted_again_is_answered_alike_and_changes_nothing(paged: Service) -> None:
    sid = "SM" + "b" * 32
    first = reply(paged, ANA, "ACK", sid=sid)
    events = len(paged.ticket()["events"])
    assert reply(paged, ANA, "ACK", sid=sid) == first
    assert len(paged.ticket()["events"]) == events


def test_a_strangers_reply_gets_an_empty_answer_and_changes_nothing(paged: Service) -> None:
    before = paged.ticket()
    assert reply(paged, STRANGER, f"ACK {before['code']}") is None
    assert paged.ticket() == before


def test_a_strangers_text_is_logged_without_its_number_and_counted(quiet: Service) -> None:
    before = metrics(quiet)["oncall_sms_from_unknown_numbers_total",]
    with capture_logs() as logs:
        assert reply(quiet, STRANGER, "ACK") is None
        assert reply(quiet, "+5215512345678", "STOP") is None
    assert [log for log in logs if log.get("action") == "sms_from_unknown_number"] == [
        {
            "event": "a text came from a number on no roster and did nothing",
            "action": "sms_from_unknown_number",
            "phone": shown,
            "log_level": "warning",
        }
        for shown in ("...99", "...78")
    ]
    assert metrics(quiet)["oncall_sms_from_unknown_numbers_total",] == before + 2


def test_an_emoji_and_a_text_of_the_longest_size_are_answered(paged: Service) -> None:
    for body in ("\N{THUMBS UP SIGN}", "x" * 1600):
        assert str(reply(paged, ANA, body)).startswith("NOT acknowledged")


def test_a_reply_with_words_around_its_code_takes_the_ticket_and_a_tapback_does_not(paged: Service) -> None:
    page = paged.twilio.messages[0].body
    code = paged.ticket()["code"]
    assert reply(paged, ANA, f"Liked “{page}”") == f"NOT acknowledged. Send ACK {code} to take T-1."
    assert paged.ticket()["state"] == "open"
    assert reply(paged, ANA, f"ack {code.lower()} thanks, looking\nSent from my iPhone") == "T-1 is yours."
    assert paged.ticket()["owner"] == "ana"


def test_ack_all_takes_every_ticket_that_the_person_was_paged_for(paged: Service) -> None:
    paged.post(ticket_body("T-2"))
    paged.twilio.wait_for_messages(2)
    codes = {name: paged.ticket(name)["code"] for name in ("T-1", "T-2")}
    assert reply(paged, ANA, "ACK ALL") in (
        f"2 are yours: T-1 ({codes['T-1']}), T-2 ({codes['T-2']}).",
        f"2 are yours: T-2 ({codes['T-2']}), T-1 ({codes['T-1']}).",
    )


def test_a_pass_by_sms_may_name_a_person(paged: Service) -> None:
    assert reply(paged, ANA, f"PASS {paged.ticket()['code']} grace") == "T-1 is passed to Grace Kim."
    assert paged.twilio.wait_for_messages(2)[1].body.startswith("URGENT T-1 ")


def test_a_pass_by_sms_pages_the_next_one_at_once(paged: Service) -> None:
    assert reply(paged, ANA, "PASS") == "T-1 is passed on."
    assert paged.twilio.wait_for_messages(2)[1].to == BEN


def test_a_reply_with_a_wrong_signature_is_403_and_changes_nothing(paged: Service) -> None:
    before = paged.ticket()
    for more in ({"auth_token": "another"}, {"signed_for": "http://127.0.0.1:1/webhooks/twilio/sms"}):
        with pytest.raises(CallbackRefused) as caught:
            reply(paged, ANA, "ACK", **more)
        assert caught.value.status == 403
    assert paged.ticket() == before


@pytest.mark.parametrize("path", ["/webhooks/twilio/sms", "/webhooks/twilio/status?delivery=x"])
@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "bm90IGl0"}])
def test_an_unsigned_call_is_403(quiet: Service, path: str, headers: dict[str, str]) -> None:
    problem(quiet.call("POST", path, by=None, data=FORM, headers=headers), 403, "the signature does not match")


@pytest.mark.parametrize("content", [b"\xff=1", b"no form at all", b"&".join(b"a=1" for _ in range(300))])
def test_what_is_no_form_is_400(quiet: Service, content: bytes) -> None:
    problem(quiet.call("POST", "/webhooks/twilio/sms", by=None, content=content), 400, "the body is not a form")


def test_a_signed_call_without_its_fields_is_refused_with_the_field(quiet: Service) -> None:
    answer = signed(quiet, "/webhooks/twilio/status", {"MessageSid": "SM" + "c" * 32})
    problem(answer, 422, "MessageStatus: missing or too long; a status callback names the message's state")


def test_reports_are_recorded_in_whatever_order_they_come(paged: Service) -> None:
    sid = paged.twilio.messages[0].sid
    assert [paged.twilio.deliver(sid, status) for status in ("delivered", "sent", "sending", "delivered")] == [204] * 4
    assert paged.ticket()["attempts"][0]["status"] == "delivered"


def test_a_page_that_was_not_delivered_makes_the_next_step_due_at_once(paged: Service) -> None:
    for number in (0, 1):
        sid = paged.twilio.wait_for_messages(number + 1)[number].sid
        paged.twilio.deliver(sid, "undelivered", 30003)
    assert paged.twilio.wait_for_messages(3)[2].to == BEN
    first = next(attempt for attempt in paged.ticket()["attempts"] if attempt["step"] == 0)
    assert (first["status"], first["error_code"], first["error"]) == (
        "undelivered",
        30003,
        "the carrier reports undelivered: the phone could not be reached (code 30003); oncall sends it once "
        "more and pages the next person in time",
    )


def test_a_report_on_a_message_that_is_not_ours_changes_nothing(paged: Service) -> None:
    before = paged.ticket()
    answer = signed(
        paged, "/webhooks/twilio/status?delivery=zz", {"MessageSid": "SM" + "d" * 32, "MessageStatus": "failed"}
    )
    assert answer.status_code == 204
    assert paged.ticket() == before


SMS = inbound_form(ACCOUNT_SID, ANA, NUMBER, "ACK", "SM" + "e" * 32)


def test_a_repeated_field_is_accepted_as_twilio_signs_it(paged: Service) -> None:
    form: dict[str, str | list[str]] = {**SMS, "AddOns": ["b", "a"]}
    assert "T-1 is yours." in signed(paged, "/webhooks/twilio/sms", form).text


@pytest.mark.parametrize(
    "name", ["Carrier", "Extra", "FromRegion", "NewIn2030", "ButtonText", "AddOns", "SipHeader_X-Id"]
)
def test_a_field_that_twilio_adds_one_day_is_ignored(paged: Service, name: str) -> None:
    assert "T-1 is yours." in signed(paged, "/webhooks/twilio/sms", {**SMS, name: "x"}).text


@pytest.mark.parametrize("field", ["Body", "From", "To", "MessageSid", "AccountSid"])
def test_a_field_that_is_used_is_given_once(paged: Service, field: str) -> None:
    form: dict[str, str | list[str]] = {**SMS, field: [SMS[field], SMS[field] + "x"]}
    problem(signed(paged, "/webhooks/twilio/sms", form), 403, f"{field}: is given 2 times")
    assert paged.ticket()["state"] == "open"


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ({"Body": "yX"}, {"Bod": "yyX"}, '"Bod" may be a part of the field Body'),
        ({"Body": "X 7K2"}, {"BodyX": " 7K2"}, '"BodyX" may be a part of the field Body'),
        ({"Body": "yX Body"}, {"Bod": "yyX ", "Body": ""}, '"Bod" may be a part of the field Body'),
        ({"Body": "ACK CAB"}, {"Body": "ACK ", "CAB": ""}, '"CAB" may be a part of the field Body'),
        ({"Body": "ACK CABd"}, {"Body": "ACK ", "CAB": "d"}, '"CAB" may be a part of the field Body'),
        ({"Body": "ack Cab"}, {"Body": "ack ", "Cab": ""}, '"Cab" may be a part of the field Body'),
        ({"Body": "ack Cab now"}, {"Body": "ack ", "Cab": " now"}, '"Cab" may be a part of the field Body'),
        ({"Body": "hi BodyACK"}, {"ApiVersion": "2010-04-01Bodyhi ", "Body": "ACK"}, None),
        ({"Body": "ACK C b"}, {"Body": "ACK ", "C b": ""}, '"C b" is not the name of a field that Twilio sends'),
    ],
)
def test_a_signed_text_cannot_be_posted_as_another_form(
    paged: Service, before: dict[str, str], after: dict[str, str], detail: str | None
) -> None:
    genuine = {**SMS, **before}
    forged = {name: text for name, text in genuine.items() if name not in before} | after
    assert signed_text(forged) == signed_text(genuine)
    answer = signed(paged, "/webhooks/twilio/sms", forged)
    problem(answer, 403, detail or 'ApiVersion: "2010-04-01Bodyhi" is not a value that Twilio sends')
    assert paged.ticket()["state"] == "open"


def signed_text(form: dict[str, str]) -> str:
    return "".join(name + form[name] for name in sorted(form))


def test_a_call_of_another_account_or_to_another_number_is_refused(paged: Service) -> None:
    other = "AC" + "9" * 32
    foreign = signed(paged, "/webhooks/twilio/sms", {**SMS, "AccountSid": other})
    problem(foreign, 403, f'AccountSid: "{other}" is not the account of TWILIO_ACCOUNT_SID')
    status = {"MessageSid": "SM" + "e" * 32, "MessageStatus": "sent", "AccountSid": other}
    problem(signed(paged, "/webhooks/twilio/status", status), 403, foreign.json()["detail"])
    key = {"CallSid": "CA" + "e" * 32, "To": ANA, "Digits": "1", "AccountSid": other}
    problem(signed(paged, "/webhooks/twilio/voice", key), 403, foreign.json()["detail"])
    elsewhere = signed(paged, "/webhooks/twilio/sms", {**SMS, "To": "+15005550007"})
    problem(elsewhere, 422, "To: this is not the number of TWILIO_FROM")
    assert paged.ticket()["state"] == "open"


def test_a_second_key_signs_as_the_first_does_also_with_sha_256(tmp_path: Path) -> None:
    with Service(tmp_path, second_auth_token="the next token") as service:
        path = "/webhooks/twilio/sms"
        for number, (key, algorithm) in enumerate([("the next token", "HMAC_SHA1"), ("the next token", "HMAC_SHA256")]):
            form = {**SMS, "MessageSid": f"SM{number:032x}"}
            signature = RequestValidator(key).compute_signature(service.address + path, form, algorithm)
            headers = {"X-Twilio-Signature": signature}
            if algorithm == "HMAC_SHA256":
                headers["X-Twilio-Webhooks-Signature-Settings"] = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
            assert service.call("POST", path, by=None, data=form, headers=headers).status_code == 200
            headers["X-Twilio-Webhooks-Signature-Settings"] = "key=webhooks_sharedkey_1,algorithm=HMAC_MD5"
            assert service.call("POST", path, by=None, data=form, headers=headers).status_code == 403


def signed(service: Service, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(service.address + path, _Form(form))
    return service.call("POST", path, by=None, data=form, headers={"X-Twilio-Signature": signature})


class _Form(dict[str, "str | list[str]"]):
    """A form as web frameworks pass it to Twilio's validator."""

    def getlist(self, name: str) -> list[str]:
        values = self[name]
        return [values] if isinstance(values, str) else values
