// The board: drag, or Alt and arrows, or `m`; a refused move goes back and says why.
import { toast } from "./toast.js";

const board = document.getElementById("board");
const lists = [...board.querySelectorAll("ul.cards")];
const token = document.querySelector("meta[name=csrf-token]").content;
const asked = location.search.includes("mine=") ? "?mine=1" : "";

async function post(path, fields) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf_token: token, ...fields }),
  });
  const said = await answer.json();
  if (!answer.ok) throw said;
  return said;
}

// What the server wrote, in the place of what stands in the element.
function write(element, html) {
  element.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
}

// Counts and sums of all columns, and the card itself, as the server has them now.
function show(said, card) {
  for (const list of lists) {
    const tally = said.columns[list.dataset.stage];
    const column = list.closest(".column");
    if (!tally) continue;
    column.querySelector("[data-count]").textContent = tally.count;
    write(column.querySelector("[data-sum]"), tally.sum);
    const held = column.querySelector("[data-held]");
    held.textContent = tally.held;
    held.hidden = !tally.held;
    column.classList.toggle("quiet", !tally.count);
  }
  document.querySelector("[data-total]").textContent = said.total;
  write(document.querySelector("[data-planned]"), said.planned);
  const fresh = new DOMParser().parseFromString(said.card, "text/html").querySelector(".kcard");
  if (!fresh) return card.remove();
  const focused = card.contains(document.activeElement);
  card.replaceWith(fresh);
  if (focused) fresh.focus();
  return fresh;
}

function place(card, list, before) {
  const focused = document.activeElement;
  list.insertBefore(card, before?.parentElement === list ? before : null);
  if (card.contains(focused)) focused.focus();
}

async function move(card, from, to, next) {
  try {
    const fields = { to_stage: to.dataset.stage, version: card.dataset.version };
    const said = await post(`/deals/${card.dataset.deal}/moves${asked}`, fields);
    const moved = show(said, card);
    toast(said.message, () => takeBack(said.undo, moved, from, next));
  } catch (refusal) {
    place(card, from, next);
    if (refusal.ask) location.assign(refusal.ask);
    else toast(refusal.message ?? board.dataset.failed);
  }
}

async function takeBack(undo, card, from, next) {
  try {
    const said = await post(undo, {});
    const now = await fetch(`/board/cards/${card.dataset.deal}${asked}`);
    place(card, from, next);
    show(await now.json(), card);
    toast(said.message);
  } catch (refusal) {
    toast(refusal.message ?? board.dataset.failed);
  }
}

for (const list of lists) {
  new Sortable(list, {
    group: "board",
    animation: 120,
    delay: 180,
    delayOnTouchOnly: true,
    draggable: ".kcard[data-writable='1']",
    onEnd({ item, from, to, oldDraggableIndex }) {
      if (from === to) return;
      const next = from.querySelectorAll(".kcard")[oldDraggableIndex] ?? null;
      move(item, from, to, next);
    },
  });
}

// The card that an arrow key leads to: up and down the column, or as far down in the next one that
// has cards.
function neighbour(card, key) {
  const cards = (list) => [...list.querySelectorAll(".kcard")];
  const own = cards(card.parentElement);
  const at = own.indexOf(card);
  const down = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (down) return own[at + down];
  const across = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!across) return undefined;
  for (let n = lists.indexOf(card.parentElement) + across; lists[n]; n += across) {
    const found = cards(lists[n]);
    if (found.length) return found[Math.min(at, found.length - 1)];
  }
  return undefined;
}

board.addEventListener("keydown", (event) => {
  const card = event.target.closest(".kcard");
  if (!card || event.isComposing) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const beside = neighbour(card, event.key);
    if (beside) {
      event.preventDefault();
      beside.querySelector(".kname").focus();
      return;
    }
  }
  if (!card.dataset.writable) return;
  if (event.altKey && step) {
    event.preventDefault();
    const from = card.parentElement;
    const to = lists[lists.indexOf(from) + step];
    if (!to) return;
    const next = card.nextElementSibling;
    place(card, to, to.firstElementChild);
    move(card, from, to, next);
  } else if (event.key === "m") {
    event.preventDefault();
    ask(card);
  }
});

// One dialog for all cards: choosing a stage sends nothing before one says so.
const mover = document.getElementById("mover");
let chosen = null;
function ask(card) {
  chosen = card;
  mover.querySelector("select").value = card.parentElement.dataset.stage;
  document.getElementById("mover-deal").textContent = card.querySelector(".kname").textContent;
  mover.returnValue = "";
  mover.showModal();
}
mover.addEventListener("close", () => {
  const from = chosen.parentElement;
  const to = lists.find((list) => list.dataset.stage === mover.querySelector("select").value);
  if (mover.returnValue !== "move" || !to || to === from) return;
  const next = chosen.nextElementSibling;
  place(chosen, to, to.firstElementChild);
  move(chosen, from, to, next);
});
board.addEventListener("click", (event) => {
  const link = event.target.closest(".kmove");
  if (!link) return;
  event.preventDefault();
  ask(link.closest(".kcard"));
});
