"""The process that generates the plan of one draft: `python -m oncall.wiring.plan_process DRAFT`.

It has the lowest priority, so that a search never slows the pager or a web page.
"""

from __future__ import annotations

import os
import sys

LOWEST_PRIORITY = 19


def main(draft_id: str) -> None:
    """Generate the plan of a draft in the database that the environment names."""
    os.nice(LOWEST_PRIORITY)
    # Imported here, because loading the solver takes a second of work, too.
    from oncall.planning.posted.make_draft import make_draft
    from oncall.wiring import make_clock, make_store, read_settings

    settings = read_settings()
    with make_store(settings) as store:
        make_draft(store, draft_id, make_clock(settings).real_now)


if __name__ == "__main__":
    main(sys.argv[1])
