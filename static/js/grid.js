// A block copied from a spreadsheet fills the cells from the one it is pasted into, right and down.
document.addEventListener("paste", (event) => {
  const table = event.target.closest?.("table[data-grid]");
  const text = event.clipboardData?.getData("text/plain").replace(/\r?\n$/, "") ?? "";
  if (!table || !/[\t\n]/.test(text)) return;
  event.preventDefault();
  const rows = [...table.rows].map((row) => [...row.querySelectorAll("input.control")]).filter((cells) => cells.length);
  const top = rows.findIndex((cells) => cells.includes(event.target));
  const left = rows[top].indexOf(event.target);
  text.split(/\r?\n/).forEach((line, down) =>
    line.split("\t").forEach((value, right) => {
      const cell = rows[top + down]?.[left + right];
      if (cell) cell.value = value.trim();
    }),
  );
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
});
