"""How a visitor uses a page: with a mouse, with or without scripts, or by keyboard alone. A flow is written once."""

from __future__ import annotations

from enum import Enum

from playwright.sync_api import Locator, Page

MOST_TABS = 300
"""How often Tab is pressed before an element counts as out of reach."""
_STATE = "(element) => [document.activeElement === element, element.matches(':focus-visible')]"


class Way(Enum):
    """How a flow is gone through."""

    WITH_SCRIPTS = "with scripts"
    WITHOUT_SCRIPTS = "without scripts"
    KEYBOARD = "by keyboard"


class Hands:
    """Clicks, types and chooses on the page of a tab. clicks: how many buttons and links were used."""

    def __init__(self, page: Page, way: Way) -> None:
        self.page, self.way, self.clicks = page, way, 0

    def link(self, name: str, *, exact: bool = False) -> None:
        """Follow a link."""
        self.use(self.page.get_by_role("link", name=name, exact=exact).first)

    def button(self, name: str) -> None:
        """Press a button."""
        self.use(self.page.get_by_role("button", name=name, exact=True).first)

    def unfold(self, name: str) -> None:
        """Open a folded part by the words that stand on it."""
        self.use(self.page.locator("summary", has_text=name).first)

    def use(self, target: Locator) -> None:
        """Click an element, or reach it by Tab and press Enter."""
        self.clicks += 1
        if self.way is Way.KEYBOARD:
            self._reach(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def write(self, field: Locator, text: str) -> None:
        """Fill in a field."""
        if self.way is Way.KEYBOARD:
            self._reach(field)
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, field: Locator, words: str) -> None:
        """Choose an option of a list by its words."""
        if self.way is Way.KEYBOARD:
            self._reach(field)
            self.page.keyboard.type(words)
            return
        field.select_option(label=words)

    def tick(self, box: Locator) -> None:
        """Tick a box."""
        if self.way is Way.KEYBOARD:
            self._reach(box)
            self.page.keyboard.press("Space")
            return
        box.check()

    def answer(self, question: str, number: int) -> None:
        """Choose an answer of a question, by its place from 0 on. Arrow keys move between the answers."""
        answers = self.page.get_by_role("group", name=question).get_by_role("radio")
        if self.way is not Way.KEYBOARD:
            answers.nth(number).check()
            return
        self._reach(answers.first)
        self.page.keyboard.press("Space")
        for _ in range(number):
            self.page.keyboard.press("ArrowDown")

    def _reach(self, target: Locator) -> None:
        """Press Tab until an element has the focus, which must be visible."""
        element = target.element_handle()
        assert element is not None
        for _ in range(MOST_TABS):
            has_focus, is_visible = element.evaluate(_STATE)
            if has_focus:
                assert is_visible, "nothing shows where the focus is"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target}")
