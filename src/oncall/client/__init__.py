"""A small typed client for a server of oncall. It retries requests safely.

    from oncall.client import Client

    with Client("https://oncall.example.com", token) as oncall:
        answer = oncall.post_ticket({"id": "T-1", "customer": "Acme Ltd", "plan": "standard", "impact": "urgent",
                                     "subject": "Nobody can start a session"})
        print(answer["verdict"]["action"], answer["verdict"]["reasons"])

`AsyncClient` has the same methods for asyncio. This package imports nothing else of oncall, so a program may use it
without the server's packages.
"""

from oncall.client.async_client import AsyncClient
from oncall.client.errors import ClientError, ServerSilent, Unusable
from oncall.client.retries import Retries
from oncall.client.sync_client import Client

__all__ = ["AsyncClient", "Client", "ClientError", "Retries", "ServerSilent", "Unusable"]
