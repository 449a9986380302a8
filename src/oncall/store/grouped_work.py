"""Several pieces of work in one transaction, in as few statements as they need, or none of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from oncall.store.deferred_writes import Unwritten
from oncall.store.group_commit import Job
from oncall.store.publications import PublishedView
from oncall.store.transaction import DEFERRABLE, SqlTransaction


class Apart(Exception):
    """One of them cannot be done together with the others. Nothing may be stored; each is to be done alone."""


def do_together(jobs: Sequence[Job], connection: Connection, view: PublishedView) -> bool:
    """Run them in the transaction that is open on `connection`, and fill in what each gave or raised. Says whether the
    pagers have to know.

    Work that fails before it has written anything keeps nobody else's back. Raises Apart for any other failure.
    """
    unwritten = Unwritten(connection, DEFERRABLE)
    touched = False
    for job in jobs:
        transaction = SqlTransaction(connection, view, writes=True, unwritten=unwritten)
        try:
            job.result = job.work(transaction)
        except BaseException as error:
            if transaction.has_written or isinstance(error, SQLAlchemyError):
                raise Apart from error
            job.error = error
        if transaction.has_failed:
            raise Apart
        touched = touched or transaction.touched_pages
    try:
        unwritten.write()
    except Exception as error:
        # Also what the driver itself cannot write: it is one row of one of them, and the others keep theirs.
        raise Apart from error
    return touched
