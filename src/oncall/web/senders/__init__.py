"""The routes that other systems call in their own formats: monitors, help desks, jobs with heartbeats, the SMS
provider.

Imports `web.models`, `web.services` and the layers below them. `web.api` and `web.senders` do not import each other.
"""
