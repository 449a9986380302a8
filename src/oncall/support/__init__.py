"""The support promise: the policy and its file, calendars, coverage, SLA clocks, triage, phone numbers and time zones.

This package imports only `errors`, `suggestions` and the file readers.
"""
