// Figures changed on the page alone: only those that differ are asked about, and the address keeps them.
const form = document.getElementById("whatif");
const panel = document.getElementById("moved");
const fields = [...form.querySelectorAll("[data-real]")];
let asking = null;
let waiting = 0;

const changed = (field) => "keep" in field.dataset || field.value.trim() !== field.dataset.real;
const query = () => new URLSearchParams(fields.filter(changed).map((field) => [field.name, field.value.trim()]));
const at = (path, asked) => (asked.size ? `${path}?${asked}` : path);

function mark() {
  for (const field of fields) field.closest(".cell")?.classList.toggle("changed", changed(field));
  for (const old of form.querySelectorAll(".cell > .err")) old.remove();
  const wrong = new Map([...panel.querySelectorAll("[data-field]")].map((line) => [line.dataset.field, line]));
  for (const field of fields) {
    if (!field.closest(".cell")) continue;
    const said = wrong.get(field.name);
    const ids = [`${field.id}-real`, ...(said ? [`${field.id}-err`] : [])];
    field.setAttribute("aria-describedby", ids.join(" "));
    if (!said) {
      field.removeAttribute("aria-invalid");
      continue;
    }
    field.setAttribute("aria-invalid", "true");
    const text = said.querySelector("span").textContent;
    field.closest(".cell").append(Object.assign(document.createElement("p"), { className: "err", id: `${field.id}-err`, textContent: text }));
  }
}

// What leads on from here takes along what is changed now.
function carry(asked) {
  for (const field of document.querySelectorAll("[name=asked]")) field.value = asked;
  for (const link of document.querySelectorAll("[data-carry]")) link.href = at(link.pathname, asked);
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const asked = query();
  panel.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(at(form.dataset.moves, asked), { signal: asking.signal, headers: { "HX-Request": "true" } });
    if (answer.status !== 200 && answer.status !== 422) throw new Error(answer.status);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    panel.replaceChildren(...found.childNodes);
    history.replaceState(null, "", at(form.dataset.page, asked));
    carry(asked);
    mark();
  } catch (error) {
    if (error.name === "AbortError") return;
    panel.replaceChildren(Object.assign(document.createElement("p"), { className: "err", textContent: form.dataset.failed }));
  }
  panel.removeAttribute("aria-busy");
}

form.addEventListener("input", (event) => {
  if (event.isComposing || !fields.includes(event.target)) return;
  clearTimeout(waiting);
  if ("reload" in event.target.dataset) return;
  waiting = setTimeout(ask, 250);
});
// What is offered is typed by a click.
form.addEventListener("click", (event) => {
  const offer = event.target.closest("a[data-fill]");
  if (!offer) return;
  event.preventDefault();
  document.getElementById(offer.dataset.fill).value = offer.dataset.text;
  ask();
});
form.addEventListener("compositionend", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 250);
});
// Another day may have other rules, which read other figures.
form.addEventListener("submit", (event) => {
  event.preventDefault();
  location.assign(at(form.dataset.page, query()));
});
// A browser that comes back puts what was typed into the fields again.
const sent = (field) => field.defaultValue ?? [...field.options].find((option) => option.defaultSelected)?.value ?? "";
addEventListener("pageshow", () => {
  mark();
  if (fields.some((field) => field.value !== sent(field))) ask();
});
