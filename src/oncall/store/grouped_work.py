"""Runs several jobs in one transaction, with as few statements as possible. All are stored, or none."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from oncall.store.deferred_writes import DeferredWrites, WriteRows
from oncall.store.group_commit import Job
from oncall.store.publications import PublishedView
from oncall.store.transaction import DEFERRABLE, SqlTransaction


class GroupFailed(Exception):
    """The jobs of a group cannot share a transaction. The caller must store nothing and run each job alone."""


def run_group(jobs: Sequence[Job], connection: Connection, view: PublishedView, write: WriteRows) -> bool:
    """Run jobs in the open transaction of `connection`, and set the result or error of each.

    Returns True if the pagers must be woken. write: writes the rows that the jobs insert or update. A job that fails
    before it writes anything does not affect the others. Any other failure raises GroupFailed.
    """
    deferred = DeferredWrites(write, DEFERRABLE)
    touched = False
    for job in jobs:
        transaction = SqlTransaction(connection, view, writes=True, deferred=deferred)
        try:
            job.result = job.work(transaction)
        except BaseException as error:
            # Keep no error that belongs to the group: a failed flush raises the driver's error in any job.
            if transaction.has_written or transaction.has_failed or isinstance(error, SQLAlchemyError):
                raise GroupFailed from error
            job.error = error
        if transaction.has_failed:
            raise GroupFailed
        touched = touched or transaction.touched_pages
    try:
        deferred.flush()
    except Exception as error:
        # Also errors of the driver: one job's row cannot be written, and the other jobs must not fail with it.
        raise GroupFailed from error
    return touched
