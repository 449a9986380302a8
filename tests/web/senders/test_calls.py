"""A page by voice call, through the running service: the phone rings, a key is pressed, the ticket is taken."""

from __future__ import annotations

import pytest

from doubles.twilio_callbacks import CallbackRefused
from doubles.twilio_calls import TwilioCall
from doubles.twilio_faults import Operation, error_after_accept
from doubles.twilio_posts import NUMBER
from oncall.wiring import Settings, make_channels
from tests.paging.world import ticket_body
from tests.web.api.test_probes import metrics
from tests.web.senders.test_webhooks import reply, signed
from tests.web.service import Service, problem

ANA, BEN, MEI = "+13055550101", "+13055550102", "+13055550100"


@pytest.fixture
def ringing(service: Service) -> TwilioCall:
    """Ana has sent STOP, so T-1 rings her phone."""
    reply(service, ANA, "STOP")
    assert service.twilio.wait_for_messages(1)[0].to == MEI
    service.post(ticket_body())
    (call,) = service.twilio.wait_for_calls(1)
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    return call


def test_a_call_is_acknowledged_by_whom_it_called(service: Service, ringing: TwilioCall) -> None:
    assert ringing.to == ANA
    heard = service.twilio.answer(ringing.sid, "1")
    assert heard[-1] == "Ticket T 1 is yours. Goodbye."
    assert (service.ticket()["state"], service.ticket()["owner"]) == ("acknowledged", "ana")
    counted = metrics(service)
    assert counted["oncall_acknowledgements_total",] == counted["oncall_ticket_acknowledged_seconds_count",] == 1


def test_a_call_is_passed_on_and_the_next_one_is_paged(service: Service, ringing: TwilioCall) -> None:
    assert service.twilio.answer(ringing.sid, "2")[-1] == "Ticket T 1 is passed on. Goodbye."
    assert service.twilio.wait_for_messages(2)[1].to == BEN


def test_a_wrong_key_is_asked_for_again_in_the_same_call(service: Service, ringing: TwilioCall) -> None:
    heard = service.twilio.answer(ringing.sid, "7", "1")
    assert heard[2:] == [
        "That key does nothing. Press 1 to acknowledge, 2 to pass on.",
        "That key does nothing. Press 1 to acknowledge, 2 to pass on.",
        "Ticket T 1 is yours. Goodbye.",
    ]


def test_a_key_that_is_posted_twice_acknowledges_once(service: Service, ringing: TwilioCall) -> None:
    service.twilio.answer(ringing.sid, "1", repeats=2)
    taken = [event for event in service.ticket()["events"] if event["kind"] == "acknowledged"]
    assert [event["by"] for event in taken] == ["ana"]


def test_a_voicemail_leaves_the_ticket_open_and_counts_as_delivered(service: Service, ringing: TwilioCall) -> None:
    service.twilio.answer(ringing.sid)
    assert (service.ticket()["state"], service.ticket()["attempts"][0]["status"]) == ("open", "delivered")


@pytest.mark.slow
@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_takes_pages_the_next_one_at_once(
    service: Service, ringing: TwilioCall, status: str
) -> None:
    assert service.twilio.call_status(ringing.sid, status) == 204
    assert service.twilio.wait_for_messages(2)[1].to == BEN
    kinds = [(event["kind"], event["at"]) for event in service.ticket()["events"]][-3:]
    assert [kind for kind, _ in kinds] == ["step_failed", "step_skipped", "step_fired"]
    assert len({at for _, at in kinds}) == 1, "in the same second"


def test_what_is_said_holds_no_number_no_code_and_nothing_that_is_only_for_the_desk(service: Service) -> None:
    reply(service, ANA, "STOP")
    service.post(ticket_body(contact="+19995550123", url="https://desk.example.com/secret/1"))
    (call,) = service.twilio.wait_for_calls(1)
    said = " ".join(service.twilio.answer(call.sid))
    code = service.ticket()["code"]
    for kept in ("999555", "305555", "secret", f"ACK {code}", "desk.example.com"):
        assert kept not in said
    assert said.startswith("This is on call. Urgent ticket T 1. Customer Acme Ltd. Sessions do not start.")


def test_a_key_after_a_hang_up_still_counts(service: Service, ringing: TwilioCall) -> None:
    """The report that a call ended may arrive before the key that was pressed in it."""
    service.twilio.call_status(ringing.sid, "completed")
    assert service.twilio.answer(ringing.sid, "1")[-1] == "Ticket T 1 is yours. Goodbye."
    assert service.ticket()["state"] == "acknowledged"


def test_a_key_with_a_wrong_signature_is_403_and_changes_nothing(service: Service, ringing: TwilioCall) -> None:
    with pytest.raises(CallbackRefused) as caught:
        service.twilio.answer(ringing.sid, "1", auth_token="another")
    assert caught.value.status == 403
    assert service.ticket()["state"] == "open"


@pytest.mark.slow
def test_a_call_whose_answer_was_lost_is_found_and_not_made_again(service: Service) -> None:
    service.twilio.script(error_after_accept(), on=Operation.CALL)
    reply(service, ANA, "STOP")
    service.post(ticket_body())
    service.until(lambda: service.ticket()["attempts"][0]["status"] in ("unknown", "accepted"))
    assert service.twilio.answer(service.twilio.calls[0].sid, "1")[-1] == "Ticket T 1 is yours. Goodbye."
    assert len(service.twilio.calls) == 1


@pytest.mark.parametrize(
    ("form", "detail"),
    [
        ({"To": ANA, "Digits": "1"}, "CallSid: missing or not an id of Twilio's; it is CA and 32 hexadecimal digits"),
        ({"CallSid": "CA" + "a" * 32}, "To: missing or longer than 64 characters; it is a phone number"),
    ],
)
def test_a_signed_key_without_its_fields_is_refused_with_the_field(
    quiet: Service, form: dict[str, str], detail: str
) -> None:
    problem(signed(quiet, "/webhooks/twilio/voice", form), 422, detail)


def test_a_calls_report_without_a_state_is_refused_with_the_field(quiet: Service) -> None:
    answer = signed(quiet, "/webhooks/twilio/status", {"CallSid": "CA" + "a" * 32})
    problem(answer, 422, "CallStatus: missing or too long; a status callback names the call's state")


@pytest.mark.parametrize(
    ("callback_url", "sender", "why"),
    [
        (None, NUMBER, "ONCALL_PUBLIC_URL is not set, so oncall would not learn which key was pressed"),
        ("https://oncall.example.com", None, "TWILIO_FROM is not set, and a messaging service cannot call"),
        ("https://oncall.example.com", NUMBER, ""),
    ],
)
def test_calls_need_a_number_and_an_address_for_the_pressed_key(
    callback_url: str | None, sender: str | None, why: str
) -> None:
    service = None if sender else "MG" + "0" * 32
    settings = Settings(account_sid="AC1", auth_token="t", from_number=sender, messaging_service_sid=service)
    channels = make_channels(settings, callback_url=callback_url)
    assert channels.why_no_calls == why
    assert (channels.voice is None) is bool(why)


def test_the_outbox_prints_calls_as_well() -> None:
    channels = make_channels(Settings(sms="outbox"), callback_url=None)
    assert channels.voice is not None
    assert channels.voice.name == channels.sms.name
