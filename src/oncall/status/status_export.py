"""The status page as files, which any web server can show while this service is down."""

from __future__ import annotations

import json

from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_history import history_of
from oncall.status.status_pages import asset, badge_svg, feed, history_html, status_html, subject_html
from oncall.status.status_record import StatusRecord
from oncall.status.statuspage_json import documents, is_public

ASSETS = ("status.css", "status.js")


def exported_files(record: StatusRecord) -> dict[str, bytes]:
    """Return the content of every file of the status page, by its path below the folder."""
    files = {
        "index.html": status_html(record, "").encode(),
        "feed.atom": feed(record, "atom").encode(),
        "feed.rss": feed(record, "rss").encode(),
        "embed.svg": badge_svg(record).encode(),
    }
    subjects: list[Incident | Maintenance] = [*record.incidents, *record.maintenances]
    for subject in subjects:
        if is_public(subject, record):
            files[f"incidents/{subject.id}/index.html"] = subject_html(record, subject, "../../").encode()
    history = history_of(record)
    files["history/index.html"] = history_html(record, "", "../", history).encode()
    for month in history.months:
        files[f"history/{month.key}/index.html"] = history_html(record, month.key, "../../", history).encode()
    for component in (name for name in record.histories if name in record.shown):
        for form in ("atom", "rss"):
            files[f"components/{component}/feed.{form}"] = feed(record, form, component).encode()
    for path, document in documents(record).items():
        files[f"api/v2/{path}"] = json.dumps(document, ensure_ascii=False).encode()
    return files | {name: asset(name) for name in ASSETS}
