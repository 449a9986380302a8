"use strict";
for (const shown of document.querySelectorAll("time[datetime]")) {
  const at = new Date(shown.getAttribute("datetime"));
  shown.title = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
const note = document.getElementById("own-zone");
if (note) note.hidden = false;
const asOf = document.getElementById("as-of");
const stale = document.getElementById("stale");
if (asOf && stale) stale.hidden = Date.now() - new Date(asOf.getAttribute("datetime")).getTime() < 15 * 60 * 1000;
