// The board: drag, or Alt and arrows, or `m`; a refused move goes back and says why.
import { toast } from "./app.js";

const board = document.getElementById("board");
const lists = [...board.querySelectorAll("ul.cards")];
const token = document.querySelector("meta[name=csrf-token]").content;

const tally = (list, by) => {
  const count = list.closest(".column").querySelector("[data-count]");
  count.textContent = Number(count.textContent) + by;
};

async function send(card, fields) {
  const body = new URLSearchParams({ csrf_token: token, version: card.dataset.version, ...fields });
  const answer = await fetch(`/deals/${card.dataset.deal}/moves`, {
    method: "POST",
    headers: { Accept: "application/json" },
    body,
  });
  const said = await answer.json();
  if (!answer.ok) throw said;
  card.dataset.version = said.version;
  return said;
}

function place(card, list, before) {
  const focused = document.activeElement;
  tally(card.parentElement, -1);
  list.insertBefore(card, before);
  tally(list, 1);
  if (card.contains(focused)) focused.focus();
}

async function move(card, from, to, before, next) {
  try {
    const said = await send(card, { kind: "forward", to_stage: to.dataset.stage });
    toast(said.message, async () => {
      try {
        await send(card, { kind: "forward", to_stage: from.dataset.stage, note: board.dataset.undone });
        place(card, from, next);
      } catch (refusal) {
        toast(refusal.message ?? board.dataset.failed);
      }
    });
  } catch (refusal) {
    place(card, from, next);
    if (refusal.ask) location.assign(refusal.ask);
    else toast(refusal.message ?? board.dataset.failed);
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
      tally(from, -1);
      tally(to, 1);
      move(item, from, to, null, next);
    },
  });
}

board.addEventListener("keydown", (event) => {
  const card = event.target.closest(".kcard");
  if (!card?.dataset.writable || event.isComposing) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.altKey && step) {
    event.preventDefault();
    const from = card.parentElement;
    const to = lists[lists.indexOf(from) + step];
    if (!to) return;
    const next = card.nextElementSibling;
    place(card, to, to.firstElementChild);
    move(card, from, to, null, next);
  } else if (event.key === "m") {
    event.preventDefault();
    ask(card);
  }
});

// One dialog for all cards: choosing a stage sends nothing before one says so.
const mover = document.getElementById("mover");
let asked = null;
function ask(card) {
  asked = card;
  mover.querySelector("select").value = card.parentElement.dataset.stage;
  document.getElementById("mover-deal").textContent = card.querySelector(".kname").textContent;
  mover.returnValue = "";
  mover.showModal();
}
mover.addEventListener("close", () => {
  const from = asked.parentElement;
  const to = lists.find((list) => list.dataset.stage === mover.querySelector("select").value);
  if (mover.returnValue !== "move" || !to || to === from) return;
  const next = asked.nextElementSibling;
  place(asked, to, to.firstElementChild);
  move(asked, from, to, null, next);
});
board.addEventListener("click", (event) => {
  const link = event.target.closest(".kmove");
  if (!link) return;
  event.preventDefault();
  ask(link.closest(".kcard"));
});
