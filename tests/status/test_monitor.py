"""The monitor: three of five looks, silence that is no outage, and proposals that become public or do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Conflict, NotFound, OncallError, Refused
from oncall.status.component_states import ComponentState
from oncall.status.machine_observations import Observation, record_observations
from oncall.status.monitoring import note_looks
from oncall.status.observations import Seen
from oncall.status.proposal_actions import DismissProposal, PublishProposal
from oncall.status.status_actions import AnnounceMaintenance, CorrectIncident, OpenIncident, UpdateIncident
from oncall.status.status_entries import entries
from oncall.status.status_export import exported_files
from oncall.status.status_pages import badge_svg, status_html
from oncall.status.status_views import status_view
from oncall.status.statuspage_json import documents
from tests.paging.world import STATUS
from tests.status.log import MemoryLog, at
from tests.status.watched import BY_ITSELF, EVERY, START, Watched


def test_three_of_five_looks_decide_and_the_state_began_with_the_first_of_them() -> None:
    log = Watched().looks("+++--")
    assert log.words() == [("up", "00:00")]
    log.looks("+-")
    assert log.words() == [("up", "00:00"), ("down", "01:30")]
    log.looks("-+-++")
    assert log.words()[2:] == [("up", "04:00")]


def test_an_exporter_that_is_silent_is_a_gap_and_no_outage() -> None:
    log = Watched(BY_ITSELF).looks("+++" + "?" * 40)
    assert log.words() == [("up", "00:00"), ("silent", "01:30")]
    assert (log.state(), log.record.proposals) == ("not_measured", ())
    figures = log.figures("portal", START, "2027-03-01 12:10")
    assert (figures["seconds"], figures["measured"], figures["down"], figures["sla"]) == (600, 90, 0, "100.000")


def test_a_monitor_that_stops_is_a_gap_before_and_after_it_starts_again() -> None:
    log = Watched(BY_ITSELF).looks("+++   ")
    before = log.figures("portal", START, "2027-03-01 12:10")
    # Its last look was at 12:01:00, and counts for three intervals.
    assert (log.state(), before["measured"]) == ("not_measured", 150)
    log.looks(" " * 14 + "+++")
    after = log.figures("portal", START, "2027-03-01 12:10")
    assert log.words() == [("up", "00:00"), ("silent", "02:30"), ("up", "10:00")]
    assert (after["measured"], log.state()) == (150, "operational")


def test_a_component_without_a_word_of_its_monitor_is_not_measured_unless_a_person_speaks() -> None:
    log = Watched()
    log.now += timedelta(minutes=10)
    assert log.state() == "not_measured"
    log.act(OpenIncident("Portal down", {"portal": "major_outage"}, at=at("2027-03-01 12:05")))
    assert log.state() == "major_outage"
    assert log.figures("portal", START, "2027-03-01 12:10")["measured"] == 300
    assert log.record.state_of("api") is ComponentState.OPERATIONAL


def test_an_outage_is_proposed_and_stays_private_until_a_person_publishes_it() -> None:
    log = Watched().looks("+++---------")
    (proposal,) = status_view(log.record)["proposals"]
    assert (proposal["id"], proposal["state"], proposal["title"]) == ("p1", "proposed", "Problem with CAS portal")
    assert proposal["started_at"] == at("2027-03-01 12:01").replace(second=30).isoformat()
    assert "Problem with" not in public_text(log)
    assert log.state() == "operational"
    log.act(PublishProposal("p1", "Sign-in fails", "A full disk."))
    assert "Sign-in fails" in public_text(log) and "A full disk." in public_text(log)
    assert (log.state(), log.record.proposals[0].state.value) == ("major_outage", "published")
    assert log.figures("portal", START, "2027-03-01 12:06")["down"] == 270


def test_a_published_incident_ends_by_itself_when_the_component_is_up_again() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1"))
    log.looks("+++")
    (incident,) = log.incidents()
    assert [(u.state.value, u.message, u.by) for u in incident.updates] == [
        (
            "investigating",
            "Our monitoring gets no good answer from CAS portal. We are looking into it.",
            "mei",
        ),
        ("resolved", "CAS portal is up again.", "monitor"),
    ]
    assert (log.state(), log.figures("portal", START, "2027-03-01 12:04")["down"]) == ("operational", 90)


def test_an_incident_that_a_person_runs_stays_open_when_the_component_is_up_again() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1"))
    log.act(UpdateIncident("p1", "identified", message="A full disk."))
    log.looks("+++")
    (incident,) = log.incidents()
    assert (incident.state.value, log.state()) == ("monitoring", "operational")
    log.act(UpdateIncident("p1", "resolved"))
    assert log.incidents()[0].state.value == "resolved"


def test_a_person_may_end_it_before_the_monitor_does_and_the_rest_is_proposed_again() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1"))
    log.act(UpdateIncident("p1", "resolved"))
    log.looks("-")
    assert [each.id for each in log.record.proposals if each.incident is None] == ["p2"]
    log.looks("+++")
    assert [u.state.value for u in log.record.incident("p1").updates] == ["investigating", "resolved"]
    assert status_view(log.record)["proposals"][0]["state"] == "recovered"


def test_a_dismissed_outage_is_never_public_and_not_proposed_again() -> None:
    log = Watched(BY_ITSELF).looks("+++---")
    log.act(DismissProposal("p1", "a wrong address"))
    log.looks("-" * 40)
    (proposal,) = status_view(log.record)["proposals"]
    assert (proposal["state"], proposal["reason"], log.incidents()) == ("dismissed", "a wrong address", [])
    log.looks("+++---")
    assert [each.id for each in log.record.proposals] == ["p2", "p1"]


def test_it_publishes_itself_when_it_is_still_down() -> None:
    log = Watched(BY_ITSELF).looks("+++---")
    due = log.record.proposals[0].due_at
    assert due == log.events[-1].written_at + timedelta(minutes=10)
    log.looks("-" * 18)
    assert log.incidents() == []
    log.looks("-")
    (incident,) = log.incidents()
    assert (incident.updates[0].written_at, incident.started_at) == (due, log.record.proposals[0].started_at)
    assert log.state() == "major_outage"


def test_it_does_not_publish_itself_after_it_has_recovered() -> None:
    log = Watched(BY_ITSELF).looks("+++---" + "-" * 15 + "+" * 30)
    assert log.incidents() == []
    log.act(PublishProposal("p1"))
    assert log.incidents()[0].state.value == "resolved"


@pytest.mark.parametrize("silence", ["?", " "])
def test_it_does_not_publish_itself_while_nothing_is_known(silence: str) -> None:
    log = Watched(BY_ITSELF).looks("+++---" + silence * 40)
    assert (log.incidents(), log.state()) == ([], "not_measured")
    log.looks("---")
    assert [each.id for each in log.incidents()] == ["p1"]
    # Down for a while, unknown for most of it, and down again since.
    figures = log.figures("portal", START, "2027-03-01 12:24")
    assert figures["down"] < 400 and figures["measured"] == 90 + figures["down"]


def test_it_does_not_publish_itself_during_maintenance() -> None:
    log = Watched(BY_ITSELF)
    end = at("2027-03-01 12:30")
    log.act(AnnounceMaintenance("Upgrade", ("portal",), at("2027-03-01 12:01"), end))
    log.looks("+++" + "-" * 56)
    assert (log.now, log.incidents()) == (end - EVERY, [])
    log.looks("-")
    assert log.incidents()[0].updates[0].written_at == end


def test_a_persons_incident_keeps_the_machine_quiet() -> None:
    log = Watched(BY_ITSELF)
    log.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    log.looks("---" + "-" * 40)
    assert log.proposals() == []
    log.act(UpdateIncident("id1", "resolved"))
    log.looks("-")
    (proposal,) = log.proposals()
    assert proposal.started_at == log.record.incident("id1").resolved_at


def test_a_correction_of_a_published_incident_moves_its_start() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1"))
    log.act(CorrectIncident("p1", at("2027-03-01 12:01"), "first errors in the log"))
    assert log.figures("portal", START, "2027-03-01 12:03")["down"] == 120


def test_alerts_propose_as_the_monitor_does_and_any_of_them_holds_the_component_down() -> None:
    log = Watched(STATUS)
    words = [Observation("api", Seen.DOWN, log.now, "alertmanager", key) for key in ("a", "b")]
    assert record_observations(log, words, log.now, log.new_id) == ["p1"]
    log.act(PublishProposal("p1"))
    log.now += timedelta(minutes=5)
    record_observations(log, [Observation("api", Seen.UP, log.now, "alertmanager", "a")], log.now, log.new_id)
    assert log.record.state_of("api") is ComponentState.MAJOR
    log.now += timedelta(minutes=5)
    record_observations(log, [Observation("api", Seen.UP, log.now, "alertmanager", "b")], log.now, log.new_id)
    assert (log.record.state_of("api"), log.figures("api", START, "2027-03-01 13:00")["down"]) == (
        ComponentState.OPERATIONAL,
        600,
    )


def test_an_alert_cannot_state_an_outage_of_last_year() -> None:
    log = Watched(STATUS)
    log.now += timedelta(days=30)
    record_observations(
        log, [Observation("api", Seen.DOWN, at("2000-01-01 00:00"), "alertmanager", "a")], log.now, log.new_id
    )
    assert log.record.proposals[0].started_at == log.now - timedelta(days=1)
    record_observations(
        log, [Observation("api", Seen.UP, at("2099-01-01 00:00"), "alertmanager", "a")], log.now, log.new_id
    )
    assert log.events[-1].at == log.now


def test_a_word_on_an_unknown_component_writes_nothing() -> None:
    log = Watched()
    words = [Observation(name, Seen.DOWN, log.now, "alertmanager", "a") for name in ("portal", "portl")]
    with pytest.raises(NotFound, match=r'there is no component "portl" on the status page; did you mean "portal"\?'):
        record_observations(log, words, log.now, log.new_id)
    assert log.events == []


REFUSED: list[tuple[object, type[OncallError], str]] = [
    (PublishProposal("nope"), NotFound, 'there is no proposed incident "nope"; `oncall status list` shows them'),
    (DismissProposal("p1", " "), Refused, "the reason is empty; write one of 1 to 1000 characters"),
    (PublishProposal("p1", " "), Refused, "the title is empty; write one of 1 to 200 characters"),
    (
        PublishProposal("p1", message="a\u202eb"),
        Refused,
        'the message holds a control character: "a\\u202eb"; write plain text',
    ),
    (PublishProposal("p1", message="y" * 1_000_000), Refused, "the message has 1,000,000 characters; write at most"),
    (
        UpdateIncident("p1", "resolved"),
        Refused,
        "incident p1 is not public; publish it first: oncall status publish p1",
    ),
]


@pytest.mark.parametrize(("action", "kind", "words"), REFUSED)
def test_a_refused_action_says_why_and_writes_nothing(action: object, kind: type[OncallError], words: str) -> None:
    log = Watched().looks("+++---")
    before = list(log.events)
    with pytest.raises(kind) as refusal:
        log.act(action)  # type: ignore[arg-type]  # each is a StatusAction
    assert str(refusal.value).startswith(words)
    assert log.events == before


def test_a_proposal_is_decided_once() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1"))
    for action in (PublishProposal("p1"), DismissProposal("p1", "no")):
        with pytest.raises(Conflict, match="incident p1 is public already; to write on it: oncall status update p1"):
            log.act(action)
    other = Watched().looks("+++---")
    other.act(DismissProposal("p1", "a wrong address"))
    with pytest.raises(Conflict, match="incident p1 was dismissed by mei: a wrong address"):
        other.act(PublishProposal("p1"))


def test_html_in_a_published_title_is_text() -> None:
    log = Watched().looks("+++---")
    log.act(PublishProposal("p1", "<script>alert(1)</script>"))
    assert "<script>alert" not in status_html(log.record, "/status/")


@given(st.text(alphabet="+-? ", min_size=10, max_size=70), st.integers(0, 69), st.booleans())
@settings(max_examples=30, deadline=None)
def test_every_reader_of_the_log_tells_the_same_and_nothing_public_is_taken_back(
    script: str, turn: int, publishes: bool
) -> None:
    log = Watched(BY_ITSELF)
    public: dict[str, datetime] = {}
    for number, sign in enumerate(script):
        log.looks(sign)
        waiting = [each for each in log.record.proposals if each.state.value in ("proposed", "recovered")]
        if number == turn and waiting:
            log.act(PublishProposal(waiting[0].id) if publishes else DismissProposal(waiting[0].id, "no"))
        now = {each.id: each.updates[0].written_at for each in log.record.incidents}
        assert {name: now.get(name) for name in public} == public
        public = now
        agree(log)
    # The figures are those of each second on its own.
    seconds = list(each_second(log))
    figures = log.figures("portal", START, "2027-03-01 13:00")
    history = log.record.histories["portal"]
    assert figures["measured"] == sum(history.at(second).is_measured for second in seconds)
    down = [second for second in seconds if history.state_at(second) is ComponentState.MAJOR]
    assert figures["down"] == len(down)
    spans = [span for each in log.record.incidents for span in each.spans_of("portal")]
    for second in down:
        assert any(span.start.timestamp() <= second for span in spans)


def agree(log: MemoryLog) -> None:
    """Check that the page, the JSON, the feed, the export and the view name the same incidents and states."""
    record = log.record
    ids = [each.id for each in record.incidents]
    listed = documents(record)
    assert [each["id"] for each in listed["incidents.json"]["incidents"]] == ids  # type: ignore[attr-defined]
    rows = {each["id"]: each for each in listed["components.json"]["components"]}  # type: ignore[attr-defined]
    state = record.state_of("portal")
    shown = ComponentState.OPERATIONAL if state is ComponentState.NOT_MEASURED else state
    assert rows["portal"]["status"] == shown.value
    assert {each.link.rsplit("/", 1)[1] for each in entries(record)} == set(ids)
    assert [each["id"] for each in status_view(record)["incidents"]] == ids
    open_ids = [each.id for each in record.open_incidents]
    unresolved = listed["incidents/unresolved.json"]["incidents"]
    assert [each["id"] for each in unresolved] == open_ids  # type: ignore[attr-defined]


def each_second(log: MemoryLog) -> Iterator[int]:
    first, now = int(at(START).timestamp()), int(log.now.timestamp())
    return iter(range(first, min(now, first + 3600)))


def public_text(log: MemoryLog) -> str:
    files = exported_files(log.record)
    assert badge_svg(log.record)
    return "\n".join(content.decode() for content in files.values())


def test_the_words_of_the_monitor_hold_from_whole_seconds() -> None:
    log = Watched()
    for _ in range(3):
        note_looks(log, {"portal": Seen.UP, "gone": Seen.DOWN}, datetime_with_parts(log.now), EVERY, log.new_id)
    assert [(each.subject, each.at) for each in log.events] == [("portal", log.now)]


def datetime_with_parts(now: datetime) -> datetime:
    return now + timedelta(microseconds=250)
