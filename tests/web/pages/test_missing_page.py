"""An address without a page: a person reads a page that leads on, and a program reads a problem document."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from tests.web.browser import Browser
from tests.web.service import Service, problem

NAVIGATION = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
NO_PAGE = "no page has this address; it may be mistyped"
FORM_ONLY = "this address only takes a form; open the page of the form, and send it from there"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    # Nothing is published, not even a status page.
    with Service(tmp_path_factory.mktemp("missing"), is_published=False) as service, Browser(service) as browser:
        yield browser


@pytest.mark.parametrize(
    ("path", "status", "words", "leads_to"),
    [
        ("/boards", 404, NO_PAGE, "/"),
        ("/board/", 404, NO_PAGE, "/"),
        ("/board/cover", 405, FORM_ONLY, "/"),
        ("/portal/tickets", 405, FORM_ONLY, "/status"),
        ("/status", 404, "no status page is published", "/"),
        ("/status/incidents/none", 404, "no status page is published", "/status"),
    ],
)
def test_a_person_reads_a_page_that_leads_on(
    browser: Browser, path: str, status: int, words: str, leads_to: str
) -> None:
    answer = browser.get(path, **NAVIGATION)
    page = BeautifulSoup(answer.text, "html.parser")
    assert (answer.status_code, words in page.get_text()) == (status, True), answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.find("a", href=leads_to) is not None
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("path", "headers"), [("/boards", {}), ("/boards", {"Accept": "application/json"}), ("/v1/nope", NAVIGATION)]
)
def test_a_program_reads_a_problem_document(browser: Browser, path: str, headers: dict[str, str]) -> None:
    problem(browser.get(path, **headers), 404, "Not Found")
