"""The parts that all web pages share: the session and the forms' protection, rendering, refusals, and update streams.

Imports `web.services` and the layers below it, and nothing else of `web.pages`.
"""
