"""Changes of the schedule over HTTP: who may make them, what is refused, and that no manager overwrites another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.planning.posted.posted_publication import posted_publication
from oncall.schedule.plan_csv import csv_of
from oncall.support.policy_file import packaged_policy_text
from tests.planning.conftest import in_turn, roster_of
from tests.web.publications import publication_body
from tests.web.service import Service, problem

NIGHT = {"from": "2027-01-12T19:01:00-05:00", "to": "2027-01-13T08:00:00-05:00"}
OVERRIDES, COVERS = "/v1/schedule/overrides", "/v1/schedule/covers"
PUBLICATIONS = "/v1/schedule/publications"


def undo_of(version: int) -> str:
    return f"/v1/schedule/versions/{version}/undo"


def override(engineer: str = "chloe", **more: Any) -> dict[str, Any]:
    return {"engineer": engineer, "role": "primary", **NIGHT, "reason": "a concert", **more}


def kinds(service: Service) -> list[tuple[str, str]]:
    versions = service.call("GET", "/v1/schedule/versions").json()["versions"]
    return [(version["kind"], version["by"]) for version in versions]


def primary(service: Service, at: str) -> str:
    roles = service.call("GET", "/v1/oncall", params={"at": at}).json()["roles"]
    return str(roles["primary"]["engineer"])


def test_an_override_a_cover_and_an_undo_change_who_is_on_call(service: Service) -> None:
    made = service.post(override(), by="mei", path=OVERRIDES)
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
    body = made.json()
    assert (body["version"], body["kind"], body["by"], body["warnings"]) == (2, "override", "mei", [])
    assert (body["start"], body["end"], body["told"]) == (NIGHT["from"], NIGHT["to"], [])
    assert [(change["engineer"], len(change["gained"]), len(change["lost"])) for change in body["changes"]] == [
        ("ana", 0, 1),
        ("chloe", 1, 0),
    ]
    assert primary(service, "2027-01-12T20:00:00-05:00") == "chloe"
    assert service.post({"engineer": "ana", "by": "chloe"}, by="mei", path=COVERS).status_code == 201
    assert primary(service, "2027-01-09T04:00:00-05:00") == "chloe"
    assert service.post({"reason": "a mistake"}, by="mei", path=undo_of(2)).status_code == 201
    assert primary(service, "2027-01-12T20:00:00-05:00") == "ana"
    assert kinds(service) == [("publication", "mei"), ("override", "mei"), ("cover", "mei"), ("undo", "mei")]


def test_people_concerned_within_48_hours_get_an_sms(service: Service) -> None:
    body = service.post({"engineer": "ana", "by": "chloe", "reason": "ana is ill"}, by="mei", path=COVERS).json()
    assert body["told"] == ["ana", "chloe"]
    service.until(lambda: len(service.twilio.messages) == 2)
    texts = sorted(message.body for message in service.twilio.messages)
    assert texts == [
        "You are no longer on call as primary from 09 Jan Sat 03:12 EST to Mon 08:00 EST. (cover by mei: ana is ill)",
        "You are on call as primary from 09 Jan Sat 03:12 EST to Mon 08:00 EST. (cover by mei: ana is ill)",
    ]


def test_an_engineer_changes_only_what_is_their_own(service: Service) -> None:
    problem(
        service.post(override(), by="ana", path=OVERRIDES),
        403,
        "this token puts ana on call, and no other engineer; a manager can",
    )
    problem(
        service.post({"engineer": "ben", "by": "chloe"}, by="ana", path=COVERS),
        403,
        "this token takes over as ana, and as no other engineer; a manager can",
    )
    problem(
        service.post({"reason": "no"}, by="ana", path=undo_of(1)),
        403,
        "this token takes back the changes of ana alone; a manager can",
    )
    problem(service.post(override(), by="zendesk", path=OVERRIDES), 403, "a token of role intake may not do this")
    problem(service.post({}, by="ana", path=PUBLICATIONS), 403, "a token of role engineer may not do this")
    assert service.post(override("chloe"), by="mei", path=OVERRIDES).status_code == 201
    taken = service.post({"engineer": "chloe", "from": NIGHT["from"]}, by="ana", path=COVERS)
    assert (taken.status_code, taken.json()["by"]) == (201, "ana")
    assert service.post({"reason": "no"}, by="ana", path=undo_of(3)).status_code == 201


def test_of_two_managers_the_second_sees_that_the_schedule_has_moved(service: Service) -> None:
    seen = service.call("GET", "/v1/schedule/versions").headers["etag"]
    assert seen == service.call("GET", "/v1/schedule").headers["etag"] == '"1"'
    first = service.call("POST", OVERRIDES, json=override(), headers={"If-Match": seen})
    assert first.status_code == 201
    second = service.call("POST", OVERRIDES, json=override("dmitri"), headers={"If-Match": seen})
    problem(
        second,
        412,
        "the schedule has changed since you read version 1: version 2 (override by mei: a concert); nothing was "
        "changed. Read the schedule again, then repeat the change",
    )
    assert len(kinds(service)) == 2
    undone = service.call("POST", undo_of(2), json={"reason": "no"}, headers={"If-Match": first.headers["etag"]})
    assert (undone.status_code, undone.headers["etag"]) == (201, '"3"')


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose schedule every request of these tests leaves as it is."""
    with Service(tmp_path_factory.mktemp("unchanged")) as running:
        yield running
        assert len(kinds(running)) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        (OVERRIDES, override("cloe"), 404, 'there is no "cloe" on the published roster; did you mean "chloe"?'),
        (OVERRIDES, override(role="third"), 404, 'there is no role "third"; write primary or secondary'),
        (OVERRIDES, override(to=NIGHT["from"]), 422, "to: must be after `from`"),
        (OVERRIDES, override(reason=" "), 422, "reason: is empty; say why, because the history shows it"),
        (
            OVERRIDES,
            {"engineer": 7, "from": "noon", "force": "yes"},
            422,
            'from: "noon" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"; to: missing; '
            "engineer: 7 is not a name on the roster; write it as the roster does; reason: is empty; "
            "say why, because the history shows it; force: write true or false",
        ),
        (
            OVERRIDES,
            [],
            422,
            'override: a JSON object is needed, like {"engineer": "ben", "from": "2027-01-09T19:01:00-05:00", "to": '
            '"2027-01-11T08:00:00-05:00", "reason": "ana is ill"}',
        ),
        (COVERS, {"engineer": "ana", "by": "ana"}, 422, "ana cannot cover for ana; name another engineer with --by"),
        (
            undo_of(9),
            {"reason": "no"},
            404,
            "the schedule has no version 9; the newest is 1. `oncall history` lists all versions",
        ),
        (
            "/v1/schedule/versions/x/undo",
            {"reason": "no"},
            404,
            "versions of the schedule have numbers: 1, 2, 3; `GET /v1/schedule/versions` lists them",
        ),
        (PUBLICATIONS, {"plan_name": "plan.txt", "plan": "", "roster": 7}, 422,
         'plan: write a text of 1 to 2097152 characters; roster: write a text of 1 to 2097152 characters; plan_name: '
         '"plan.txt" is not a plan file; it ends in .csv or .json'),
        (PUBLICATIONS, {"plan_name": "p.csv", "plan": "x", "roster": "team: x"}, 422, None),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_says_why(
    unchanged: Service, path: str, body: object, status: int, detail: str | None
) -> None:
    answer = unchanged.post(body, by="mei", path=path)
    problem(answer, status, detail if detail is not None else answer.json()["detail"])


@pytest.mark.parametrize("given", ["5", 'W/"5"', '"x"', '"1", "2"'])
def test_an_if_match_that_is_no_version_is_refused(unchanged: Service, given: str) -> None:
    answer = unchanged.call("POST", OVERRIDES, json=override(), headers={"If-Match": given})
    words = 'If-Match: is not an ETag of the schedule; send the one that you read, like "12", with its quotes'
    problem(answer, 422, words)


def test_a_rule_is_broken_only_by_force(service: Service) -> None:
    away = override("hugo")
    refused = service.post(away, by="mei", path=OVERRIDES)
    assert refused.status_code == 422
    assert "unavailable: hugo is away from 2027-01-04 to 2027-01-31: sabbatical" in refused.json()["detail"]
    made = service.post({**away, "force": True, "nope": 1}, by="mei", path=OVERRIDES)
    assert made.json()["warnings"] == [
        "unavailable: hugo is away from 2027-01-04 to 2027-01-31: sabbatical",
        '"nope" is not a known field and was left out.',
    ]


def test_a_plan_is_published_with_its_roster_and_policy(tmp_path: Path) -> None:
    roster = roster_of()
    body = posted_publication(
        Path("plan.csv"), csv_of(in_turn(roster)).decode(), roster, reason="a new team", policy_from=None
    )
    with Service(tmp_path, is_published=False) as service:
        made = service.post(body, by="mei", path=PUBLICATIONS)
        assert made.status_code == 201, made.text
        answer = made.json()
        assert (answer["version"], answer["team"], answer["seats"]) == (1, "night-owls", 20)
        assert primary(service, "2027-01-11T20:00:00-05:00") == "eve"
        assert service.call("GET", "/v1/policy").json()["in_force"]["reason"] == "a new team"
        broken = {**body, "plan": str(body["plan"]).replace("ana", "ben")}
        refused = service.post(broken, by="mei", path=PUBLICATIONS)
        assert refused.status_code == 422
        assert "does not keep the rules of night-owls.yaml; nothing was published" in refused.json()["detail"]


def test_the_files_that_a_policy_names_come_with_it(tmp_path: Path) -> None:
    policy = packaged_policy_text() + "\ncustomers: customers.yaml\nstatus: status.yaml\n"
    status = "page: {name: itopia CAS, promise: 99.9}\ncomponents: [{id: portal, name: CAS portal}]\n"
    body = {**publication_body(), "policy": policy, "policy_name": "my.policy.yaml"}
    with Service(tmp_path, is_published=False) as service:
        problem(
            service.post(body, by="mei", path=PUBLICATIONS),
            422,
            "customers: missing: my.policy.yaml names the file customers.yaml; send its content; status: missing: "
            "my.policy.yaml names the file status.yaml; send its content",
        )
        broken = service.post({**body, "customers": "", "status": "page: 3"}, by="mei", path=PUBLICATIONS)
        assert broken.status_code == 422
        customers = "customers: [{name: Acme Ltd, plan: standard}]\n"
        made = service.post({**body, "customers": customers, "status": status}, by="mei", path=PUBLICATIONS)
        assert made.status_code == 201, made.text
        sources = service.store.read(lambda tx: tx.publication_sources(1))
        assert (sources["customers"], sources["status"]) == (customers, status)


def test_the_history_is_read_page_by_page_while_it_grows(service: Service) -> None:
    for hour in ("20", "21", "22"):
        times = {"from": f"2027-01-12T{hour}:00:00-05:00", "to": f"2027-01-12T{hour}:30:00-05:00"}
        assert service.post({**override(), **times}, by="mei", path="/v1/schedule/overrides").status_code == 201
    page = service.call("GET", "/v1/schedule/versions?limit=2").json()
    assert ([each["version"] for each in page["versions"]], page["next"]) == ([1, 2], 2)
    times = {"from": "2027-01-12T23:00:00-05:00", "to": "2027-01-12T23:30:00-05:00"}
    service.post({**override(), **times}, by="mei", path="/v1/schedule/overrides")
    page = service.call("GET", "/v1/schedule/versions?limit=3&after=2").json()
    assert ([each["version"] for each in page["versions"]], page["next"]) == ([3, 4, 5], None)
    whole = RemoteBackend(service.address, "mei").history(at_once=2)
    assert [each["version"] for each in whole["versions"]] == [1, 2, 3, 4, 5]
    answer = service.call("GET", "/v1/schedule/versions?after=x")
    problem(answer, 422, "after: write a number from 0 to 999999999")
