from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.pages.customers.portal_forms import CUSTOMERS, KEY, POLICY
from tests.web.service import Service


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night, with a mail address for customers. Each test works on a ticket of its own."""
    lines = "\nmail: {recipients: [help@itopia.example]}\n"
    with Service(tmp_path_factory.mktemp("desk"), policy_lines=lines) as running:
        yield running


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night, with the portal of two customers. No mail goes out."""
    folder = tmp_path_factory.mktemp("portal")
    with Service(folder, policy_lines=POLICY, customers=CUSTOMERS, portal_secret=KEY) as running:
        yield running
