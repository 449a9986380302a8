"""A browser without scripts, for the tests of the pages: it keeps cookies and sends forms as browsers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import httpx
from bs4 import BeautifulSoup
from bs4.element import Tag

from tests.web.service import PATIENCE_SECONDS, Service, trusted_authorities

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """Visits the pages of a service. It follows no redirect."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.http = httpx.Client(base_url=service.address, timeout=PATIENCE_SECONDS, verify=trusted_authorities())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def page(self, path: str) -> BeautifulSoup:
        """Return a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, path: str, fields: Mapping[str, str], *, is_upload: bool = False, **headers: str) -> httpx.Response:
        """Send a form. is_upload: as a form with files is sent."""
        head = {**SAME_SITE, **headers}
        if is_upload:
            return self.http.post(path, files={name: (None, value) for name, value in fields.items()}, headers=head)
        return self.http.post(path, data=dict(fields), headers=head)

    def fill(self, path: str, action: str, **values: str) -> httpx.Response:
        """Send the form of a page that posts to `action`, with its hidden fields and these values."""
        return self.send(action, {**self.form(path, action), **values})

    def upload(self, path: str, action: str, files: Mapping[str, tuple[str, str]], **values: str) -> httpx.Response:
        """Send the form with files of a page. files: name and text of each file, by the field."""
        fields = {**self.form(path, action), **values}
        sent = {name: value for name, value in fields.items() if name not in files}
        parts = {name: (file, text.encode(), "text/plain") for name, (file, text) in files.items()}
        return self.http.post(action, data=sent, files=parts, headers=SAME_SITE)

    def form(self, path: str, action: str) -> dict[str, str]:
        """Return the fields of a page's form that posts to `action`, as the page filled them."""
        form = self.page(path).find("form", action=action)
        assert isinstance(form, Tag), f"{path} has no form for {action}"
        return fields_of(form)

    def sign_in(self, person: str) -> httpx.Response:
        """Sign in with a new link of this person."""
        path = new_link(self.service, person)
        answer = self.fill(path, "/login")
        assert answer.status_code == 303, answer.text
        return answer


def new_link(service: Service, person: str) -> str:
    """Return the path of a new link that signs this person in."""
    answer = service.post({"engineer": person}, by="mei", path="/v1/login-links")
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return str(httpx.URL(body["url"]).path)


def fields_of(form: Tag) -> dict[str, str]:
    """Return the fields of a form as a browser sends them without a person's doing."""
    named = [each for each in form.find_all(["input", "select", "textarea"]) if _is_sent(each)]
    return {str(each["name"]): _value(each) for each in named}


def _is_sent(field: Tag) -> bool:
    """Return True for a field that a browser sends: one with a name, and no box or choice without its tick."""
    is_box = field.get("type") in ("checkbox", "radio")
    return bool(field.get("name")) and (not is_box or field.has_attr("checked"))


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text()
    if field.name != "select":
        return str(field.get("value", ""))
    chosen = field.find("option", selected=True) or field.find("option")
    return str(chosen["value"]) if isinstance(chosen, Tag) else ""


def has(answer: httpx.Response, status: int, words: str) -> None:
    """Fail unless the answer has this status and shows these words."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
