"""The web pages about fairness and about one shift.

They show what `fairness`, `ledger`, `plan status` and `swap` print.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.paging.ports.store import Transaction
from oncall.planning.views.fairness_view import FairnessView, fairness_view, loads_csv
from oncall.planning.views.shift_view import ShiftView, open_request, shift_path, shift_view
from oncall.planning.views.swap_views import SwapView
from oncall.schedule.schedule import Schedule
from oncall.web.pages.board.load_bars import load_bars
from oncall.web.pages.frame.door import PageVisitor, VisitorDep
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import HEADERS, page
from oncall.web.services.dependencies import ReportLock, ServicesDep

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/board/fairness")
async def get_fairness(services: ServicesDep, visitor: VisitorDep, lock: ReportLock) -> Response:
    """Shows loads and shares, the ledger, the proof, requests that are not met, and a link to each future shift."""
    now = services.clock.now().replace(microsecond=0)

    def work(tx: Transaction) -> tuple[FairnessView, Schedule]:
        return fairness_view(tx, now), tx.schedule()

    async with lock:
        found, schedule = await services.engine.read(work)
    # Large tables take long, and must not keep tickets waiting.
    return await asyncio.to_thread(_fairness_page, visitor, found, schedule)


@router.get("/board/fairness.csv")
async def get_fairness_csv(services: ServicesDep, visitor: VisitorDep, lock: ReportLock) -> Response:
    """Returns the loads and the shares as a CSV file, with the rows that the tables on the web page have."""
    now = services.clock.now().replace(microsecond=0)
    async with lock:
        found = await services.engine.read(lambda tx: fairness_view(tx, now))
    name = f"fairness-{found.first}-{found.last}.csv"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(loads_csv(found.loads), media_type="text/csv; charset=utf-8", headers=headers)


def _fairness_page(visitor: PageVisitor, found: FairnessView, schedule: Schedule) -> Response:
    people = dict.fromkeys(seat.engineer for seat in found.to_come)
    names = {person.id: person.name for person in schedule.people.values()}
    return page(
        "fairness.html.j2",
        visitor=visitor,
        found=found,
        names=names,
        zone=schedule.calendar.zone,
        bars=[
            load_bars(each.name, [(names.get(who, who), loads) for who, loads in each.loads], number)
            for number, each in enumerate(found.loads)
        ],
        by_person={who: [seat for seat in found.to_come if seat.engineer == who] for who in people},
        shift_path=shift_path,
    )


@router.get("/board/shifts/{start}/{role}")
async def get_shift(
    start: str, role: str, request: Request, services: ServicesDep, visitor: VisitorDep, lock: ReportLock
) -> Response:
    """Shows who has a shift, and what would change if another engineer took it.

    The query parameter `with` names an engineer whose takeover is shown in detail.
    """
    now, taker = services.clock.now().replace(microsecond=0), request.query_params.get("with")

    def work(tx: Transaction) -> tuple[ShiftView, SwapView | None, Schedule]:
        found = shift_view(tx, start, role, now)
        return found, open_request(tx, found, taker, now), tx.schedule()

    async with lock:
        found, swap, schedule = await services.engine.read(work)
    shift = found.shift
    return page(
        "shift.html.j2",
        visitor=visitor,
        found=found,
        shift=shift,
        chosen=found.taker(taker),
        swap=swap,
        names={person.id: person.name for person in schedule.people.values()},
        zone=schedule.calendar.zone.key,
        version=schedule.newest,
        overrides=schedule.overrides,
        path=request.url.path,
    )
