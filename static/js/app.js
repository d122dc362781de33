// What every page can do: palette, pop-overs, toasts, guarded forms. Texts come from the page.
import { toast } from "./toast.js";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const typing = (event) => event.isComposing || event.target.closest("input, textarea, select, [contenteditable]");

// On a phone the navigation scrolls: where one is stands in sight.
const here = one(".topbar nav [aria-current]");
if (here) {
  const nav = here.parentElement;
  nav.scrollLeft = here.offsetLeft - nav.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
}

// A link to pass on; where the browser keeps the clipboard shut, it is shown to be copied by hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(button.dataset.copied);
  } catch {
    prompt(button.textContent.trim(), button.dataset.copy);
  }
});

// The palette: the server finds, the list is plain links.
const palette = one("#palette");
const open = () => {
  palette.showModal();
  one("input", palette).select();
};
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    open();
  } else if (event.key === "/" && !typing(event) && palette) {
    event.preventDefault();
    (one("#q") ?? one("input", palette)).focus();
    if (!one("#q")) open();
  } else if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) {
      menu.open = false;
      one("summary", menu).focus();
    }
  }
});
palette?.addEventListener("keydown", (event) => {
  const links = all("a", palette);
  if (event.isComposing || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key) || !links.length) return;
  const at = links.indexOf(document.activeElement);
  if (event.key === "Enter") {
    if (at < 0) {
      event.preventDefault();
      location.assign(links[0].href);
    }
    return;
  }
  event.preventDefault();
  links[(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + links.length) % links.length].focus();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open);
    dialog === palette ? open() : dialog?.showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-print]")) print();
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A form is sent once. Each form guards what is typed into it: leaving the page asks, and so does
// sending another form, which would lose it.
const unsaved = new Set();
const held = (sent) => [...unsaved].some((form) => form !== sent && form.isConnected);
document.addEventListener("input", (event) => {
  if (event.target.form?.hasAttribute("data-guard")) unsaved.add(event.target.form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.sent || (held(form) && !confirm(one("#toasts").dataset.unsaved))) {
    event.preventDefault();
    return;
  }
  unsaved.clear();
  if (form.method === "post") {
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  }
});
addEventListener("beforeunload", (event) => {
  if (held()) event.preventDefault();
});
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Two versions of a record: the field below holds what will be saved.
document.addEventListener("change", (event) => {
  const { fill, text } = event.target.dataset;
  const field = fill && event.target.form.elements[fill];
  if (!field) return;
  if (field.type === "checkbox") field.checked = Boolean(text);
  else if (field.type === "select-multiple") {
    for (const option of field.options) option.selected = text.split(",").includes(option.value);
  } else field.value = text;
});
// A word typed below is one's own: it is what will be saved then.
document.addEventListener("input", (event) => {
  const mine = one(`[data-fill="${CSS.escape(event.target.name ?? "")}"][value=mine]`);
  if (mine && event.target !== mine && event.target.dataset.fill === undefined) mine.checked = true;
});

// Where something went wrong, that is what one reads first.
one("#errsum")?.focus();
document.addEventListener("htmx:after:swap", () => {
  if (!document.activeElement?.matches("input, textarea, select")) one("#errsum")?.focus();
});
for (const message of all("#flashes li")) {
  const act = message.dataset.act;
  toast(message.textContent, act && (() => takeBack(act)));
}

// The page is read again: what the act changed may stand anywhere on it.
async function takeBack(act) {
  const token = one("meta[name=csrf-token]").content;
  const answer = await fetch(act, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf_token: token }),
  });
  const said = (await answer.json().catch(() => ({}))).message;
  if (!answer.ok) return toast(said ?? one("#toasts").dataset.failed);
  sessionStorage.setItem("said", said);
  location.reload();
}
const said = sessionStorage.getItem("said");
sessionStorage.removeItem("said");
if (said) toast(said);
