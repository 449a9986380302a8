"""A status page whose portal a monitor looks at, as a script of looks."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from oncall.status.incidents import Incident
from oncall.status.monitoring import note_looks
from oncall.status.observations import Seen
from oncall.status.proposals import Proposal
from tests.paging.world import STATUS
from tests.status.log import MemoryLog, at

PROBE = "http://127.0.0.1:9115/probe?target=https://portal.example.com&module=http_2xx"
MONITORED = STATUS.replace("name: CAS portal,", f"name: CAS portal, monitor: '{PROBE}',")
BY_ITSELF = MONITORED.replace("promise: 99.9,", "promise: 99.9, publish_after: 10m,")
EVERY = timedelta(seconds=30)
START = "2027-03-01 12:00"
SEEN = {"+": Seen.UP, "-": Seen.DOWN, "?": Seen.SILENT}


class Watched(MemoryLog):
    """A status log with a monitor that looks at the portal every 30 seconds, from noon of 1 March."""

    def __init__(self, text: str = MONITORED) -> None:
        super().__init__(text, published=START, now=START)
        self._proposed = count(1)

    def looks(self, script: str) -> Watched:
        """Look once for each character: + up, - down, ? no answer; a blank is a monitor that does not run."""
        for sign in script:
            if sign in SEEN:
                note_looks(self, {"portal": SEEN[sign]}, self.now, EVERY, self.new_id)
            self.now += EVERY
        return self

    def new_id(self) -> str:
        return f"p{next(self._proposed)}"

    def state(self) -> str:
        return self.record.state_of("portal").value

    def incidents(self) -> list[Incident]:
        """Return the public incidents, the newest first."""
        return list(self.record.incidents)

    def proposals(self) -> list[Proposal]:
        return list(self.record.proposals)

    def words(self) -> list[tuple[str, str]]:
        """Return what the monitor said, with the minutes and seconds after noon."""
        first = at(START)
        return [(e.state, str(e.at - first)[2:]) for e in self.events if e.kind.value == "observed"]
