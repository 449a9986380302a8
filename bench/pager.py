"""From the 202 to Twilio's HTTP request, with delivery receipts: latency, processor time and memory under load.

Each row runs the real service in a process of its own, posts urgent tickets over loopback, and takes the time from the
202 to the arrival of the message at a Twilio stand-in, which is a process of its own, too. The stand-in reports each
message as sent and as delivered, each time on a new connection, as Twilio does. Each accepted ticket must arrive once.
Alertmanager, which keeps alerts in memory only, gets the same load and posts one webhook for each alert. The row `bare`
is the least that the same libraries need for a ticket (`bench/bare.py`): the rest of our rows is our own code.

    make bench ONLY=pager                                             every row, about seven minutes
    BENCH_SECONDS=10 BENCH_ROWS=sqlite make bench ONLY=pager          shorter, and only SQLite beside Alertmanager

BENCH_SECONDS: length of the steady rows; 60 when absent. BENCH_ROWS: words, of which a row's name must contain one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from bench.alertmanager import installed
from bench.paging_rows import RECEIPTS, Load, Row, bare_row, peer_row, service_row
from bench.running import postgres, postgres_name
from bench.tables import print_table
from bench.victims import ALONE
from bench.web import beside_boards

STEADY, BURST = 200, 500
BURST_SECONDS, BURSTS = 10, 2
BOARDS, LISTS = 100, 10
HEADER = [
    "pager", "load", "accepted", "repeats", "texts", "lost", "doubled", "unheard", "p50 ms", "p99 ms", "drained s",
    "CPU ms", "CPU to peer", "p99 to peer", "peak MiB",
]  # fmt: skip


def main() -> None:
    """Run every row and print the table."""
    seconds = int(os.environ.get("BENCH_SECONDS", "60"))
    wanted = os.environ.get("BENCH_ROWS", "").lower().split(",")
    steady, burst, short = Load(STEADY, seconds), Load(BURST, BURST_SECONDS, BURSTS), max(seconds // 3, 5)
    print("\nFrom the 202 to Twilio's request, with receipts (real service, loopback)", flush=True)
    path = installed()
    peers = [peer_row(path, load) for load in (steady, burst)] if path is not None else []
    rows = [bare_row(load) for load in (steady, burst)] if any(word in "bare" for word in wanted) else []
    for name, database in (("oncall, SQLite", None), (f"oncall, {postgres_name()}", postgres)):
        if any(word in name.lower() for word in wanted):
            loads = (Load(STEADY, short, receipts=False), steady, burst)
            rows += [service_row(name, load, database, limits=ALONE) for load in loads]
            rows.append(service_row(f"{name}, default policy", Load(STEADY, short), database, limits=None))
    print_table(HEADER, [_cells(row, peers) for row in [*peers, *rows]])
    _print_receipts(rows)
    if any(word in "boards" for word in wanted):
        print(
            f"\nThe answer to a POST beside {BOARDS} open boards and {LISTS} terminals that list the tickets",
            flush=True,
        )
        beside_boards(BOARDS, 0, lists=LISTS)
    if not peers:
        print("Alertmanager is not installed (Debian package prometheus-alertmanager): no row for it.")


def _cells(row: Row, peers: Sequence[Row]) -> list[str]:
    peer = next((peer for peer in peers if peer.load.rate == row.load.rate), None)
    ratios = [f"{row.cpu / peer.cpu:.1f}x", f"{row.p99 / peer.p99:.1f}x"] if peer is not None else ["-", "-"]
    counts = (row.accepted, row.repeats, row.texts, row.lost, row.doubled, row.unheard)
    times = [f"{row.p50:.1f}", f"{row.p99:.1f}", f"{row.drained:.1f}", f"{row.cpu:.2f}"]
    cells = [row.name, str(row.load), *map(str, counts), *times, *ratios, f"{row.peak_mib:.0f}"]
    return ["-" if cell.startswith("nan") else cell for cell in cells]


def _print_receipts(rows: Sequence[Row]) -> None:
    """Print what a receipt costs: the difference between two rows at one rate, with receipts and without."""
    for silent in rows:
        for row in rows:
            if (
                not silent.load.receipts
                and (row.name, row.load.rate) == (silent.name, silent.load.rate)
                and (row.load.receipts)
            ):
                print(f"{row.name}: {(row.cpu - silent.cpu) / RECEIPTS:.2f} ms of processor time for each receipt")


if __name__ == "__main__":
    main()
