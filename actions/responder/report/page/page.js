"use strict";
{
  const byId = (id) => document.getElementById(id);
  const filters = document.querySelector(".filters");
  const rows = Array.from(document.querySelectorAll("tbody tr"));
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const filter = () => {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const cluster = byId("cluster").value;
    const state = byId("state").value;
    let visible = 0;
    for (const row of rows) {
      const isVisible =
        words.every((word) => texts.get(row).includes(word)) &&
        (cluster === "" || row.dataset.cluster === cluster) &&
        (state === "" || row.dataset.state === state);
      row.hidden = !isVisible;
      visible += isVisible ? 1 : 0;
    }
    byId("count").textContent = `${visible} of ${rows.length}`;
  };

  const sort = (header) => {
    const isAscending = header.getAttribute("aria-sort") !== "ascending";
    const table = header.closest("table");
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
    const key = (row) => row.cells[header.cellIndex].dataset.sort;
    const isNumeric = header.dataset.type === "number";
    const compare = (first, second) =>
      isNumeric ? Number(key(first)) - Number(key(second)) : key(first).localeCompare(key(second));
    const body = table.tBodies[0];
    const sorted = Array.from(body.rows).sort((first, second) => (isAscending ? 1 : -1) * compare(first, second));
    body.append(...sorted);
  };

  for (const header of document.querySelectorAll("th[data-type]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  }
  for (const undo of document.querySelectorAll(".undo")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const command = undo.querySelector("code");
      try {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = "Copied";
      } catch {
        window.getSelection().selectAllChildren(command);
        button.textContent = "Selected";
      }
    });
    undo.append(button);
  }
  filters.addEventListener("input", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  filter();
}
