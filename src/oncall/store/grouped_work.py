"""Runs several jobs in one transaction with deferred writes: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from oncall.store.deferred_writes import Unwritten
from oncall.store.group_commit import Job
from oncall.store.publications import PublishedView
from oncall.store.transaction import DEFERRABLE, SqlTransaction


class Apart(Exception):
    """The jobs cannot share a transaction. The caller must roll back and run each job alone."""


def do_together(jobs: Sequence[Job], connection: Connection, view: PublishedView) -> bool:
    """Run jobs in the transaction that is open on `connection`, and set the result or error of each.

    Returns True if the pagers must be woken. A job that fails before it has written anything keeps its own error and
    does not block other jobs. Raises Apart for any other failure.
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
        # Includes a value that the driver cannot write. It belongs to one job; the other jobs succeed when run alone.
        raise Apart from error
    return touched
