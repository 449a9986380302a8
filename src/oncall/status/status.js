"use strict";
// Adds the reader's own time to each time of the page, where their zone is another one.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isOther = own !== document.documentElement.dataset.zone && own !== "UTC";
for (const shown of document.querySelectorAll("time[datetime]")) {
  const at = new Date(shown.getAttribute("datetime"));
  shown.title = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const form = { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  if (isOther) shown.append(`, yours ${at.toLocaleString(undefined, form)}`);
}
const note = document.getElementById("own-zone");
if (note) note.hidden = !isOther;
const asOf = document.getElementById("as-of");
const stale = document.getElementById("stale");
if (asOf && stale) {
  const mark = () => {
    stale.hidden = Date.now() - new Date(asOf.getAttribute("datetime")).getTime() < 15 * 60 * 1000;
  };
  mark();
  // A page that stays open grows old, too.
  setInterval(mark, 60 * 1000);
}
