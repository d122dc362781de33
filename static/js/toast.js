// A message that stays for some seconds, with a way back where there is one.
// A module by itself: app.js acts when it is loaded, and an import would load it a second time,
// as its address in the page names its version.
export function toast(text, undo) {
  const area = document.querySelector("#toasts");
  const box = document.createElement("div");
  box.className = "toast";
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = area.dataset.undo;
    button.addEventListener("click", () => {
      box.remove();
      undo();
    });
    box.append(button);
  }
  area.append(box);
  setTimeout(() => box.remove(), undo ? 10000 : 6000);
}
