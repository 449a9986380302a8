"""What `/openapi.json` says of the bodies of senders. The readers take any body: a refused alert pages nobody."""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]  # type: ignore[explicit-any]  # FastAPI takes parts of the document as plain JSON


def posts(schema: Part, example: object, *media: str) -> Part:
    """Return the body of a route. example: a body that the route takes; media: `application/json` if absent."""
    content = {
        one: {"schema": schema, "examples": {"usual": {"summary": "As it is usually sent", "value": example}}}
        for one in media or ("application/json",)
    }
    return {"requestBody": {"required": True, "content": content}}


TEXT: Part = {"type": "string"}
LABELS: Part = {"type": "object", "additionalProperties": TEXT}

ALERTMANAGER: Part = {
    "type": "object",
    "description": "The webhook of Alertmanager or Grafana. Unknown fields are ignored.",
    "required": ["alerts"],
    "properties": {
        "receiver": TEXT,
        "commonLabels": LABELS,
        "alerts": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["status", "labels", "fingerprint", "startsAt"],
                "properties": {
                    "status": {"type": "string", "enum": ["firing", "resolved"]},
                    "labels": LABELS,
                    "annotations": LABELS,
                    "startsAt": {"type": "string", "format": "date-time"},
                    "endsAt": {"type": "string", "format": "date-time"},
                    "generatorURL": TEXT,
                    "fingerprint": {"type": "string", "minLength": 1},
                },
            },
        },
    },
}
ALERTMANAGER_EXAMPLE = {
    "receiver": "oncall",
    "status": "firing",
    "version": "4",
    "groupKey": '{}:{alertname="CheckoutDown"}',
    "commonLabels": {"severity": "critical"},
    "alerts": [
        {
            "status": "firing",
            "fingerprint": "b616c35cbb0ba673",
            "startsAt": "2027-01-09T08:10:21.255091827Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.com/graph",
            "labels": {"alertname": "CheckoutDown", "customer": "Acme Ltd", "severity": "critical"},
            "annotations": {"summary": "Acme: checkout down"},
        }
    ],
}
CLOUDEVENT: Part = {
    "type": "object",
    "description": "A CloudEvent 1.0. In binary mode its attributes are `ce-` headers, and the body is its data.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": TEXT,
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"type": "string", "minLength": 1},
        "subject": TEXT,
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "description": "`summary`, `status`, `severity`, `customer`, `key`, `url`, labels."},
    },
}
CLOUDEVENT_EXAMPLE = {
    "specversion": "1.0",
    "id": "a1",
    "source": "/probes/checkout",
    "type": "com.example.alert.firing",
    "subject": "checkout",
    "time": "2027-01-09T08:10:21Z",
    "data": {"summary": "Checkout answers with 502", "severity": "critical", "customer": "Acme Ltd"},
}

ZENDESK_BODY: Part = {
    "type": "object",
    "description": "A trigger's body as an admin writes it, or an event of Zendesk's. Unknown fields are ignored.",
    "properties": {
        "ticket": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": TEXT,
                "title": TEXT,
                "priority": TEXT,
                "status": TEXT,
                "organization": TEXT,
                "plan": TEXT,
                "tags": TEXT,
                "url": TEXT,
                "created_at": TEXT,
                "updated_at": TEXT,
            },
        },
        "type": {"type": "string", "examples": ["zen:event-type:ticket.created"]},
        "event": {"type": "object"},
        "detail": {"type": "object"},
    },
}
ZENDESK_EXAMPLE = {
    "ticket": {
        "id": "35436",
        "title": "Checkout down",
        "priority": "Urgent",
        "status": "Open",
        "organization": "Acme Ltd",
        "tags": "vip",
        "url": "https://acme.zendesk.com/agent/tickets/35436",
        "updated_at": "2027-01-09T08:12:00Z",
    }
}
ANY_JSON: Part = {"description": "Whatever the mapping is for."}
ANY_JSON_EXAMPLE = {"issue": {"key": "SUP-42", "fields": {"summary": "Checkout down", "priority": {"name": "Highest"}}}}
