// The map is one stop of the Tab key; arrow keys move between its cells, Home and End to its ends.
for (const map of document.querySelectorAll("[data-map]")) {
  const cells = [...map.querySelectorAll("a")];
  const hold = (cell) => {
    for (const each of cells) each.tabIndex = each === cell ? 0 : -1;
  };
  // The cell of the next line up or down that lies nearest in the sideways direction.
  const beside = (cell, down) => {
    const here = cell.getBoundingClientRect();
    const middle = here.left + here.width / 2;
    let best = null;
    for (const each of cells) {
      const box = each.getBoundingClientRect();
      const away = down ? box.top - here.top : here.top - box.top;
      if (away < here.height / 2) continue;
      const aside = Math.abs(box.left + box.width / 2 - middle);
      if (!best || away < best.away - 4 || (away < best.away + 4 && aside < best.aside)) best = { each, away, aside };
    }
    return best?.each;
  };
  const towards = {
    ArrowRight: (cell) => cells[cells.indexOf(cell) + 1],
    ArrowLeft: (cell) => cells[cells.indexOf(cell) - 1],
    ArrowDown: (cell) => beside(cell, true),
    ArrowUp: (cell) => beside(cell, false),
    Home: () => cells[0],
    End: () => cells.at(-1),
  };
  map.addEventListener("keydown", (event) => {
    const cell = event.target.closest("a");
    const go = towards[event.key];
    if (!cell || !go || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = go(cell);
    if (next) {
      hold(next);
      next.focus();
    }
  });
  map.addEventListener("focusin", (event) => hold(event.target.closest("a")));
  if (cells.length) hold(cells[0]);
}
