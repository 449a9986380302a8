"""The bodies of senders, for `/openapi.json`. The readers accept any body, because a refused alert pages nobody."""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]  # type: ignore[explicit-any]  # FastAPI takes parts of the document as plain JSON


def posts(schema: Part, example: object, *media: str) -> Part:
    """Return the description of a route's body. example: a body that the route takes.

    media: default `application/json`.
    """
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
ANY_JSON: Part = {"description": "Any JSON body that the mapping describes."}
ANY_JSON_EXAMPLE = {"issue": {"key": "SUP-42", "fields": {"summary": "Checkout down", "priority": {"name": "Highest"}}}}
PAGERDUTY_EVENT: Part = {
    "type": "object",
    "description": "An event of PagerDuty's Events API v2.",
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string", "description": "A token of this service.", "minLength": 1},
        "event_action": {"type": "string", "enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "description": "Required unless the event is a trigger."},
        "client": TEXT,
        "client_url": TEXT,
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "minLength": 1},
                "source": {"type": "string", "minLength": 1},
                "severity": {"type": "string", "description": "critical, error, warning, info, or any other word."},
                "timestamp": TEXT,
                "component": TEXT,
                "group": TEXT,
                "class": TEXT,
                "custom_details": {"type": "object"},
            },
        },
        "links": {"type": "array", "items": {"type": "object"}},
        "images": {"type": "array", "items": {"type": "object"}},
    },
}
PAGERDUTY_EXAMPLE = {
    "routing_key": "mei",
    "event_action": "trigger",
    "dedup_key": "zd-35436",
    "payload": {
        "summary": "Acme: checkout down",
        "source": "checkout-1",
        "severity": "critical",
        "custom_details": {"customer": "Acme Ltd"},
    },
}
CHANGE_EVENT: Part = {
    "type": "object",
    "required": ["routing_key", "payload"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 1},
        "payload": {
            "type": "object",
            "required": ["summary"],
            "properties": {"summary": {"type": "string", "minLength": 1}, "source": TEXT, "timestamp": TEXT},
        },
        "links": {"type": "array", "items": {"type": "object"}},
    },
}
CHANGE_EXAMPLE = {"routing_key": "mei", "payload": {"summary": "Deployed checkout 1.4", "source": "ci"}}
OPSGENIE_ALERT: Part = {
    "type": "object",
    "description": "An alert of Opsgenie's API.",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "alias": TEXT,
        "description": TEXT,
        "priority": {"type": "string", "enum": ["P1", "P2", "P3", "P4", "P5"]},
        "tags": {"type": "array", "items": TEXT},
        "details": LABELS,
        "entity": TEXT,
        "source": TEXT,
        "user": TEXT,
        "note": TEXT,
    },
}
OPSGENIE_EXAMPLE = {
    "message": "Acme: checkout down",
    "alias": "checkout-down",
    "priority": "P1",
    "details": {"customer": "Acme Ltd"},
}
OPSGENIE_ACTION: Part = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("user", "source", "note", "message", "description", "priority"), TEXT),
        "owner": {"type": "object", "properties": {"id": TEXT, "username": TEXT}},
    },
}
OPSGENIE_PRIORITY: Part = {
    "type": "object",
    "required": ["priority"],
    "properties": {"priority": {"type": "string", "enum": ["P1", "P2", "P3", "P4", "P5"]}},
}
OPSGENIE_PRIORITY_EXAMPLE = {"priority": "P1"}
OPSGENIE_ACTION_EXAMPLE = {"user": "ana@example.com", "note": "on it"}
