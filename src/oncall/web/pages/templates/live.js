"use strict";
// Reloads the changed parts of a page when the server says so, and rewrites its countdowns. The page works without it.
const read = (page) => ({ at: page.body.dataset.at, ahead: Date.parse(page.body.dataset.now) - performance.now() });
let state = read(document), stream, isBusy = false, isLate = false, wait = 2000, later;
function span(minutes) {
  if (!minutes) return "less than a minute";
  if (minutes % 1440 === 0) return minutes === 1440 ? "1 day" : `${minutes / 1440} days`;
  const hours = Math.floor(minutes / 60), rest = minutes % 60;
  return [hours && `${hours} h`, rest && `${rest} min`].filter(Boolean).join(" ");
}
const words = (left) => (left < 0 ? "late by " : "") + span(Math.floor(Math.abs(left) / 60000));
function tick() {
  for (const each of document.querySelectorAll("[data-due]")) each.textContent = words(Date.parse(each.dataset.due) - state.ahead - performance.now());
}
function put(part, fresh) {
  const here = document.activeElement, isInside = part.contains(here), href = isInside && here.getAttribute("href");
  const number = isInside ? [...part.querySelectorAll(here.localName)].indexOf(here) : -1;
  const places = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  const folds = [...part.querySelectorAll("details")].map((each) => each.open);
  part.replaceWith(fresh);
  fresh.querySelectorAll("details").forEach((each, number) => { each.open = folds[number] ?? each.open; });
  fresh.querySelectorAll(".scroll").forEach((each, number) => { each.scrollLeft = places[number] || 0; });
  if (isInside) (href ? fresh.querySelector(`[href="${CSS.escape(href)}"]`) : fresh.querySelectorAll(here.localName)[number])?.focus();
}
async function reload() {
  if (isBusy) { isLate = true; return; }
  isBusy = true;
  try {
    const answer = await fetch(document.body.dataset.page || location.href, { redirect: "error" });
    if (answer.status === 503) setTimeout(reload, 5000);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && page.body.dataset.at) {
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
        if (fresh && fresh.outerHTML !== part.outerHTML) put(part, fresh);
      }
      state = read(page);
      tick();
    }
  } catch { /* The stream or the next minute tries again. */ }
  isBusy = false;
  if (isLate) { isLate = false; reload(); }
}
// A page that looks live and is not would mislead the engineer who reads it.
let silence;
function hear(isLive) {
  if (!isLive) { silence ??= setTimeout(warn, 5000); return; }
  clearTimeout(silence);
  silence = undefined;
  document.getElementById("not-live")?.remove();
}
function warn() {
  const words = document.createElement("p");
  words.id = "not-live";
  words.setAttribute("role", "alert");
  words.textContent = "This page has lost its connection and may be out of date. Reload it; you may have to sign in again.";
  document.querySelector("main").prepend(words);
}
function open() {
  stream = new EventSource(`${document.body.dataset.stream || "/board/events"}?after=${state.at}`);
  stream.addEventListener("changed", reload);
  stream.addEventListener("open", () => { wait = 2000; hear(true); });
  // A browser connects again by itself, but gives up when something answers in the place of the server.
  stream.addEventListener("error", () => {
    hear(false);
    if (stream.readyState !== 2) return;
    clearTimeout(later);
    later = setTimeout(() => { if (stream.readyState === 2 && !document.hidden) open(); }, wait);
    wait = Math.min(2 * wait, 60000);
  });
}
document.addEventListener("visibilitychange", () => { stream?.close(); hear(true); if (!document.hidden) open(); });
if (!document.hidden) open();
setInterval(() => (stream?.readyState === 2 && !document.hidden ? reload() : tick()), 60000);
