"""The documents match the product's present behaviour, and their links lead to existing places."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.generate import api_description, command_reference, commands, with_permissions
from docs.manual import man_page

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKE_DOCS = "`make docs` writes it anew"


def places_of(page: Path) -> set[str]:
    """Return the anchors of a page, from its headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_of(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))


def test_the_command_reference_is_what_the_commands_say_of_themselves() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == command_reference(), MAKE_DOCS


def test_the_man_page_has_every_command_and_option() -> None:
    written = (ROOT / "docs" / "oncall.1").read_text(encoding="utf-8")
    assert written == man_page(), MAKE_DOCS
    sections = dict(re.findall(r"^\.SS (.+)\n((?:(?!\.S[SH] ).*\n)*)", written, re.MULTILINE))
    for name, text in commands():
        if re.search(r"COMMAND \[ARGS\]", text.partition("\n")[0]) and name.replace("-", r"\-") not in sections:
            continue
        section = sections[name.replace("-", r"\-")]
        for option in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE):
            assert option.replace("-", r"\-") in section, (name, option)


def test_no_line_of_the_man_page_is_a_request_by_accident() -> None:
    requests = {"TH", "SH", "SS", "PP", "TP", "B", "nf", "fi"}
    written = (ROOT / "docs" / "oncall.1").read_text(encoding="utf-8").splitlines()
    assert {line[1:].split()[0] for line in written if line.startswith((".", "'"))} == requests


def test_the_page_about_callers_prints_the_table_that_the_service_reads() -> None:
    page = (ROOT / "docs" / "callers.md").read_text(encoding="utf-8")
    assert page == with_permissions(page), MAKE_DOCS


def test_every_command_has_an_example_of_its_own() -> None:
    for name, text in commands():
        if "COMMAND [ARGS]" not in text.partition("\n")[0]:
            assert f"{name} " in " ".join(text.split()).partition("Example")[2] + " ", name


def test_the_description_of_the_api_is_what_the_service_says_of_itself() -> None:
    written = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert written == api_description(), MAKE_DOCS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, place = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not place or place in places_of(target), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, open_ = set[Path](), [ROOT / "README.md"]
    while open_:
        page = open_.pop()
        if page not in reached:
            reached.add(page)
            found = [(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)]
            folders = [each for target in found if target.is_dir() for each in target.glob("*.md")]
            open_ += [target for target in found + folders if target.suffix == ".md"]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


def test_each_walk_names_at_most_twelve_files_that_exist() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    walks = re.split(r"^\*\*.+\*\*$", design.partition("## Four walks")[2].partition("\n## ")[0], flags=re.MULTILINE)[
        1:
    ]
    files = [re.findall(r"`([\w/]+\.py)`", walk) for walk in walks]
    assert [len(walk) <= 12 for walk in files] == [True] * 4
    assert [name for walk in files for name in walk if not (ROOT / "src" / "oncall" / name).is_file()] == []
