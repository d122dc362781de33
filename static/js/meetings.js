// An agenda is put in order by dragging, or with Alt and the arrows; what is refused goes back.
import { toast } from "./toast.js";

const list = document.querySelector(".agenda[data-order]");
let saved = list?.dataset.seen.split(",") ?? [];
let sending = Promise.resolve();

const shown = () => [...list.children].map((row) => row.dataset.item);

function arrange(order) {
  const held = document.activeElement;
  for (const id of order) list.append(list.querySelector(`[data-item="${id}"]`));
  held?.focus();
}

function renumber() {
  const order = shown().join(",");
  [...list.children].forEach((row, at) => {
    row.querySelector(".turn").textContent = at + 1;
    row.querySelector("[name=seen]").value = order;
  });
}

async function send() {
  const order = shown();
  if (order.join() === saved.join()) return;
  const body = new URLSearchParams({
    csrf_token: document.querySelector("meta[name=csrf-token]").content,
    seen: saved.join(","),
    order: order.join(","),
  });
  const answer = await fetch(list.dataset.order, { method: "POST", headers: { Accept: "application/json" }, body })
    .catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (answer?.ok) saved = order;
  else arrange(saved);
  renumber();
  toast(said?.message ?? list.dataset.failed);
}

// One after the other: each says in which order the page stood before it.
const keep = () => {
  renumber();
  sending = sending.then(send);
};

if (list) {
  new Sortable(list, {
    animation: 120,
    delay: 180,
    delayOnTouchOnly: true,
    filter: "a, button, input",
    preventOnFilter: false,
    onEnd: keep,
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("li");
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const beside = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    if (!beside) return;
    event.key === "ArrowUp" ? beside.before(row) : beside.after(row);
    event.target.focus();
    keep();
  });
}
