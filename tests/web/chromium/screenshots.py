"""Takes a picture of every page at three widths: `.venv/bin/python -m tests.web.chromium.screenshots FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.web.chromium.busy_service import busy_service, fill
from tests.web.chromium.page_list import PAGES
from tests.web.chromium.watched import Visits, start_chromium

WIDTHS = (320, 768, 1400)


def main(folder: Path, wanted: tuple[str, ...]) -> None:
    """Write the pictures. wanted: names of pages; none: all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, busy_service(Path(data)) as service, sync_playwright() as playwright:
        paths, visits = fill(service), Visits(start_chromium(playwright), service)
        for name, row in PAGES.items():
            for width in WIDTHS if not wanted or name in wanted else ():
                with visits.tab(row.person, width=width, may_say=[""]) as tab:
                    tab.open(row.address(paths), row.status)
                    tab.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        visits.browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
