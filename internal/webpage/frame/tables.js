(function () {
"use strict";
// Tables with a caption sort by their columns, and those of many rows filter.
const manyRows = 10;
const text = (row, column) => row.cells[column].textContent.trim();

// A key is what a cell is sorted by: a number, unless it is a day or a text.
function key(said) {
  const number = said.replace(/,/g, "").match(/^[^\d-]{0,12}(-?\d+(\.\d+)?)(?![\d-]*-\d)/);
  return number ? Number(number[1]) : said.toLowerCase();
}

function compare(a, b) {
  if (a === "" || b === "") {
    return (a === "") - (b === "");
  }
  if (typeof a === typeof b) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return typeof a === "number" ? -1 : 1;
}

function sort(table, column, down) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row, at) => ({ row: row, at: at, key: key(text(row, column)) }));
  rows.sort((a, b) => (a.key === "" || b.key === "" ? compare(a.key, b.key) : (down ? -1 : 1) * compare(a.key, b.key)) || a.at - b.at);
  body.append(...rows.map((x) => x.row));
}

for (const table of document.querySelectorAll("table:has(caption)")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const event = new CustomEvent("sort", { detail: { column: column, down: down }, cancelable: true });
      if (table.dispatchEvent(event)) { // nobody else sorts it
        sort(table, column, down);
      }
    });
  });
  const rows = Array.from(table.tBodies[0].rows);
  if (rows.length < manyRows || table.classList.contains("own") || table.classList.contains("few")) {
    continue;
  }
  const { input, found } = addFilter(table, "Filter: ", "filter");
  input.addEventListener("input", () => {
    const words = wordsOf(input.value);
    let n = 0;
    for (const row of rows) {
      const said = plain(row.textContent);
      const shows = words.every((word) => said.includes(word));
      row.classList.toggle("filtered", !shows);
      n += shows;
    }
    found.value = words.length === 0 ? "" : n.toLocaleString("en-US") + " of " + rows.length.toLocaleString("en-US");
  });
}
})();
