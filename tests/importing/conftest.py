from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oncall.importing.import_rota import ImportedRota, import_rota
from oncall.importing.options import ImportOptions
from oncall.rosters.roster_file import read_roster

TEAM = """\
team: tiny
timezone: America/New_York
rotation: {rest_nights: 0, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101", email: Ana@Example.com}
  - {id: ben, name: Ben Okafor, phone: "+13055550102"}
  - {id: cmartin, name: Chloé Martin, phone: "+13055550103"}
  - {id: sam-a, name: Sam Adams, phone: "+13055550104"}
  - {id: sam-b, name: Sam Brown, phone: "+13055550105"}
manager: {id: mei, name: Mei Lin, phone: "+13055550100"}
"""

Imported = Callable[..., ImportedRota]


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    """Imports a file of this name and content for the team of five; keywords are options."""
    (tmp_path / "team.yaml").write_text(TEAM)

    def run(name: str, content: str | bytes, options: ImportOptions = ImportOptions()) -> ImportedRota:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_rota(path, read_roster(tmp_path / "team.yaml"), options)

    return run


def seats(found: ImportedRota) -> list[str]:
    """Return every seat as `01-04 primary ana`, with its start date."""
    zone = found.plan.zone
    return [f"{each.window.start.astimezone(zone):%m-%d} {each.role} {each.engineer}" for each in found.plan.seats]


def left_out(found: ImportedRota) -> list[str]:
    """Return everything that could not be read, as printed."""
    return [str(each) for each in found.left_out]
