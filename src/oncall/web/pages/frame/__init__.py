"""What every page shares: the session and the form's protection, rendering, refusals as pages, and live streams.

Imports `web.services` and the layers below it, and nothing else of `web.pages`.
"""
