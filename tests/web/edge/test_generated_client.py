"""A client that `openapi-python-client` generates from `/openapi.json` works against the running service."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.paging.world import ticket_body
from tests.web.service import Service

pytestmark = pytest.mark.slow
PACKAGE = "generated_oncall_client"


class GeneratedClient:
    """The generated package, as one caller uses it. Its modules exist only while the tests run."""

    def __init__(self, service: Service, by: str) -> None:
        self._address, self._by = service.address, by

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    def model(self, name: str, fields: dict[str, Any]) -> Any:
        """A request body, built from JSON by the generated class."""
        return getattr(self.module("models"), name).from_dict(fields)

    def call(self, operation: str, *parts: Any, **fields: Any) -> Any:
        """Return the status and the parsed answer of an operation such as `tickets.post_ticket`."""
        client = self.module("client").AuthenticatedClient(base_url=self._address, token=self._by)
        with client:
            answer = self.module(f"api.{operation}").sync_detailed(*parts, client=client, **fields)
        return answer.status_code, answer.parsed


@pytest.fixture(scope="module")
def generated(quiet: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return what the generator printed while it wrote the package, which tests can import from now on."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(quiet.call("GET", "/openapi.json").json()), encoding="utf-8")
    (folder / "settings.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = ["openapi_python_client", "generate", "--path", "openapi.json", "--config", "settings.yaml"]
    ran = subprocess.run(
        [sys.executable, "-m", *command, "--meta", "none", "--output-path", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    sys.path.insert(0, str(folder))
    yield ran.stdout + ran.stderr
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_the_generator_leaves_no_part_of_the_description_out(generated: str) -> None:
    assert "Warning" not in generated
    assert "Generating" in generated


def test_a_generated_client_posts_a_ticket_finds_it_and_records_its_acknowledgement(
    generated: str, service: Service
) -> None:
    helpdesk, ana = GeneratedClient(service, "zendesk"), GeneratedClient(service, "ana")
    body = helpdesk.model("TicketBody", ticket_body())
    status, answer = helpdesk.call("tickets.post_ticket", body=body)
    assert (status, answer.ticket, answer.verdict.action.value) == (202, "T-1", "page")
    assert isinstance(answer.verdict.first_reply_due, datetime)
    assert helpdesk.call("tickets.post_ticket", body=body)[0] == 200
    event = ana.model("EventBody", {"kind": "acknowledged"})
    status, taken = ana.call("tickets.post_event", "T-1", body=event)
    assert (status, taken.owner, taken.changed, taken.message) == (200, "ana", True, "T-1 is yours.")
    status, listed = ana.call("tickets.list_tickets", state="acknowledged", limit=10)
    assert (status, [item.id for item in listed.tickets], listed.next_) == (200, ["T-1"], None)
    status, whole = ana.call("tickets.get_ticket", "T-1")
    assert (status, whole.ticket.customer, whole.attempts[0].to) == (200, "Acme Ltd", "ana")


def test_a_generated_client_explains_a_ticket_and_reads_who_is_on_call(generated: str, quiet: Service) -> None:
    ana = GeneratedClient(quiet, "ana")
    question = ana.model("ExplainBody", {"plan": "standard", "impact": "urgent"})
    status, explained = ana.call("tickets.explain", body=question)
    assert (status, explained.engineer, [step.notify for step in explained.steps][-1]) == (200, "ana", "manager")
    status, on_call = ana.call("schedule.get_oncall")
    assert (status, on_call.roles["primary"].engineer, on_call.window) == (200, "ana", "weekend")
    assert on_call.roles["primary"].until > on_call.at + timedelta(days=1)


def test_a_generated_client_reads_every_field_of_a_refusal(generated: str, quiet: Service) -> None:
    helpdesk = GeneratedClient(quiet, "zendesk")
    body = helpdesk.model("TicketBody", {"id": "T-1", "customer": "Acme Ltd", "subject": "", "plan": "gold"})
    status, problem = helpdesk.call("tickets.post_ticket", body=body)
    assert (status, problem.title) == (422, "Unprocessable Entity")
    assert [fault.field for fault in problem.errors] == ["plan", "impact", "subject"]
    assert GeneratedClient(quiet, "nobody").call("schedule.get_oncall")[0] == 401
