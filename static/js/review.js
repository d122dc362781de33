// The review of suggestions: one card after the other, a key each; the next ones are there before
// they are needed, and what was decided is sent while the next one is read.
const queue = document.getElementById("queue");
const token = document.querySelector("meta[name=csrf-token]").content;
const status = document.getElementById("said");
const undo = document.getElementById("undo");
const undoButton = undo.querySelector("button");
const keys = document.getElementById("keys");
const FEW = 5;
let at = 0;
let sending = Promise.resolve();
let pending = 0;
let asking = null;
let more = true;

const cards = () => [...queue.children];
const here = () => cards()[at];
const say = (words) => (status.textContent = words);
const count = (id, value) => (document.getElementById(id).textContent = value);
const left = (by) => count("left", Math.max(0, Number(document.getElementById("left").textContent) + by));

document.querySelector(".legend").hidden = false;
queue.classList.add("scripted");

function fold(card, open = false) {
  const button = card.querySelector("[data-key=n]");
  button.hidden = false;
  button.setAttribute("aria-expanded", open);
  card.querySelector(".reasons").hidden = !open;
  if (open) card.querySelector("[data-digit]").focus({ preventScroll: true });
}

// Show the card at a place, and ask for more where few are left behind it.
function show(place) {
  const all = cards();
  at = Math.min(Math.max(place, 0), Math.max(all.length - 1, 0));
  all.forEach((card, number) => {
    card.hidden = number !== at;
    fold(card);
  });
  const none = !all.length;
  document.getElementById("none").hidden = !none || Boolean(asking);
  if (none) return load();
  here().focus({ preventScroll: true });
  if (here().getBoundingClientRect().top < 0) here().scrollIntoView();
  if (all.length - at <= FEW) load();
}

// What stands in the queue or was skipped or decided is not taken in again.
const known = new Set(cards().map((card) => card.id));
let last = cards().at(-1)?.dataset.after;

function load() {
  if (!more || asking || !last) return;
  const address = new URL(queue.dataset.more, location);
  address.searchParams.set("after", last);
  asking = fetch(address)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
    .then((html) => {
      const found = parsed(html);
      more = found.length > 0;
      last = found.at(-1)?.dataset.after ?? last;
      const fresh = found.filter((card) => !known.has(card.id));
      const empty = !cards().length;
      for (const card of fresh) {
        known.add(card.id);
        card.hidden = true;
        fold(card);
        queue.append(card);
      }
      asking = null;
      if (!fresh.length && more) load();
      else if (empty) show(0);
    })
    .catch(() => (asking = null));
}

const parsed = (html) => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll(".suggestion")];

async function post(path, fields) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf_token: token, ...fields }),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.message ?? queue.dataset.failed), { status: answer.status });
  count("today", said.today);
  count("lately", said.lately);
  return said;
}

// One after the other, in the order in which they were decided.
function later(work) {
  pending += 1;
  sending = sending.then(work).finally(() => (pending -= 1));
}

function decide(card, fields) {
  const place = cards().indexOf(card);
  card.remove();
  left(-1);
  show(place);
  undoButton.disabled = false;
  later(async () => {
    try {
      say((await post(card.querySelector("form").action, fields)).message);
    } catch (refusal) {
      say(refusal.message);
      if (refusal.status === 409 || refusal.status === 404) return;
      queue.insertBefore(card, here() ?? null);
      left(1);
      show(at);
    }
  });
}

function takeBack() {
  later(async () => {
    try {
      const said = await post(undo.action, {});
      const card = parsed(said.card)[0];
      known.add(card.id);
      queue.insertBefore(document.adoptNode(card), here() ?? null);
      left(1);
      show(at);
      say(said.message);
    } catch (refusal) {
      say(refusal.message);
    }
  });
}

function skip() {
  const place = at;
  here().remove();
  say(queue.dataset.skipped);
  show(place);
}

function step(by) {
  const end = at + by < 0 ? "first" : at + by >= cards().length ? "last" : "";
  if (end) return say(queue.dataset[end]);
  say("");
  show(at + by);
}

const ACTS = {
  y: () => decide(here(), { doing: "accept" }),
  n: () => fold(here(), here().querySelector(".reasons").hidden),
  s: skip,
  j: () => step(1),
  k: () => step(-1),
  o: () => here().querySelector("[data-key=o]").click(),
  c: () => here().querySelector("[data-key=c]").click(),
};
const ALWAYS = { u: takeBack, "?": () => keys.showModal() };

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const card = here();
  const asked = card && !card.querySelector(".reasons").hidden;
  if (event.key === "Escape" && asked) {
    fold(card);
    card.focus({ preventScroll: true });
    return;
  }
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (asked && event.key === "0") {
    event.preventDefault();
    return card.querySelector("[name=reason]").focus();
  }
  const digit = asked && card.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
  const act = ALWAYS[event.key] ?? (card && ACTS[event.key]);
  if (!digit && !act) return;
  event.preventDefault();
  if (event.repeat) return; // a key that is held down decides once
  digit ? decide(card, { doing: "reject", because: digit.value }) : act();
});

// Buttons do what keys do; links that open another tab go their own way.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  const key = button?.dataset.key;
  if (!key || ["y", "o", "c", "u"].includes(key)) return;
  event.preventDefault();
  (ALWAYS[key] ?? (here() && ACTS[key]))?.();
});
undo.addEventListener("submit", (event) => {
  event.preventDefault();
  takeBack();
});
queue.addEventListener("submit", (event) => {
  event.preventDefault();
  const card = event.target.closest(".suggestion");
  const fields = Object.fromEntries(new FormData(event.target, event.submitter));
  if ("reason" in fields && !fields.reason.trim()) return event.target.elements.reason.focus();
  decide(card, fields);
});
// What is on its way is not lost with the page.
addEventListener("beforeunload", (event) => {
  if (pending) event.preventDefault();
});

show(0);
