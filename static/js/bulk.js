// Ticking rows of a list: ranges with shift, arrows from box to box, and the bar for what is ticked.
const bar = document.getElementById("bulk");
const page = document.getElementById("pick-page");
const boxes = [...document.querySelectorAll("#picks tbody input[name=deal]")];

if (bar) {
  const every = bar.querySelector("[name=all]");
  const untick = bar.querySelector("[data-untick]");
  let last = null;

  // Stages that no ticked deal's pipeline has are not offered.
  const offer = (ticked) => {
    const flows = new Set(every?.checked ? [] : ticked.map((box) => box.dataset.flow));
    for (const option of bar.querySelectorAll("[data-flows]")) {
      const fits = !flows.size || option.dataset.flows.trim().split(" ").some((flow) => flows.has(flow));
      option.hidden = option.disabled = !fits;
      if (!fits && option.selected) option.parentElement.value = "";
    }
  };
  const refresh = () => {
    const chosen = boxes.filter((box) => box.checked);
    const ticked = chosen.length;
    offer(chosen);
    bar.hidden = !ticked && !every?.checked;
    bar.querySelector("[data-ticked]").textContent = bar.dataset.some.replace("#", ticked);
    page.checked = ticked === boxes.length;
    page.indeterminate = ticked > 0 && ticked < boxes.length;
    for (const box of boxes) box.closest("tr").classList.toggle("ticked", box.checked);
  };
  const range = (from, to, on) => {
    const ends = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
    for (const box of boxes.slice(ends[0], ends[1] + 1)) box.checked = on;
  };
  const ask = () => {
    const doing = bar.querySelector("[name=doing]").value;
    for (const part of bar.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(doing);
    }
  };

  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) range(last, box, box.checked);
      last = box;
      refresh();
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const next = step && boxes[boxes.indexOf(box) + step];
      if (!next) return;
      event.preventDefault();
      if (event.shiftKey) next.checked = box.checked = true;
      last = next;
      next.focus();
      refresh();
    });
  }
  page.addEventListener("change", () => {
    for (const box of boxes) box.checked = page.checked;
    refresh();
  });
  const none = () => {
    for (const box of boxes) box.checked = false;
    if (every) every.checked = false;
    refresh();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !bar.hidden && !event.target.closest("dialog, details")) none();
  });
  untick.addEventListener("click", none);
  every?.addEventListener("change", refresh);
  bar.querySelector("[name=doing]").addEventListener("change", ask);
  page.hidden = untick.hidden = false;
  ask();
  refresh();
}
