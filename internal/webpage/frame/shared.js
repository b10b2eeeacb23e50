"use strict";
// What more than one script of a page needs.
const plain = (text) => text.normalize("NFC").toLowerCase();
const wordsOf = (text) => plain(text).split(/\s+/).filter((word) => word !== "");

// addFilter puts a field to type into before a table, and what was found behind it.
function addFilter(table, says, name) {
  const form = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const found = document.createElement("output");
  form.className = "filter";
  label.append(says, input);
  input.type = "search";
  input.name = name;
  input.autocomplete = "off";
  input.spellcheck = false;
  found.setAttribute("aria-live", "polite");
  form.append(label, found);
  table.parentElement.before(form);
  return { input: input, found: found };
}
