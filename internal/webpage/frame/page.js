
(function () {
"use strict";
const search = document.getElementById("search");
if (!search) {
  return;
}
const found = document.getElementById("found");
const main = document.querySelector("main");
const folded = Array.from(document.querySelectorAll("details"));
let wasOpen = null;

// A scope is a part of the page that is shown or not. What it says counts for all
// that it holds.
let roots = null;
let leaves = 0;
function read() {
  roots = [];
  const scopes = new Map();
  for (const at of document.querySelectorAll(".scope")) {
    const scope = { at: at, text: "", inner: [], folds: at.parentElement.closest("details") };
    scopes.set(at, scope);
    const outer = at.parentElement.closest(".scope");
    (outer ? scopes.get(outer).inner : roots).push(scope);
  }
  for (const says of document.querySelectorAll(".says")) {
    const scope = scopes.get(says.closest(".scope"));
    scope.text += " " + says.textContent;
  }
  for (const scope of scopes.values()) {
    if (scope.inner.length === 0) {
      scope.text = scope.at.textContent;
      leaves += 1;
    }
    scope.text = plain(scope.text);
  }
}

// show shows what of a scope holds all words, and returns how many of its leaves do.
function show(scope, words, opens) {
  const rest = words.filter((word) => !scope.text.includes(word));
  let n = 0;
  if (scope.inner.length === 0) {
    n = rest.length === 0 ? 1 : 0;
  }
  for (const inner of scope.inner) {
    n += show(inner, rest, opens);
  }
  if (scope.at.hidden !== (n === 0)) {
    scope.at.hidden = n === 0;
  }
  if (n > 0 && words.length > 0) {
    opens.add(scope.folds); // what is around it does not say all words
  }
  return n;
}

function find() {
  const words = wordsOf(search.value);
  if (!roots) {
    read();
  }
  if (words.length > 0 && !wasOpen) {
    wasOpen = folded.map((details) => details.open);
  }
  const opens = new Set();
  let n = 0;
  for (const scope of roots) {
    n += show(scope, words, opens);
  }
  folded.forEach((details, i) => {
    const open = wasOpen && (wasOpen[i] || opens.has(details));
    if (wasOpen && details.open !== open) {
      details.open = open;
    }
  });
  // Whoever shows more than the page holds is told what is searched for.
  main.dispatchEvent(new CustomEvent("search", { detail: words }));
  if (words.length === 0) {
    wasOpen = null;
    found.value = "";
  } else {
    found.value = n.toLocaleString("en-US") + " of " + leaves.toLocaleString("en-US") + " shown";
  }
  main.removeAttribute("aria-busy");
}

let waits = 0;
search.addEventListener("input", () => {
  main.setAttribute("aria-busy", "true");
  clearTimeout(waits);
  waits = setTimeout(find, 100);
});
search.form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});

// Lists behind numbers are unfolded and printed one by one: they may be long.
const parts = folded.filter((details) => !details.classList.contains("lists"));
function fold(open) {
  for (const details of open ? parts : folded) {
    details.open = open;
  }
}
document.getElementById("unfold").addEventListener("click", () => fold(true));
document.getElementById("fold").addEventListener("click", () => fold(false));

// What is folded is printed as well.
let printed = null;
addEventListener("beforeprint", () => {
  printed = parts.filter((details) => !details.open);
  printed.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => {
  (printed || []).forEach((details) => { details.open = false; });
  printed = null;
});

// What a link leads to is shown, whatever is folded or searched for.
function reveal() {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!at || !main.contains(at)) {
    return;
  }
  if (at.closest("[hidden]")) {
    search.value = "";
    find();
  }
  for (let details = at.closest("details"); details; details = details.parentElement.closest("details")) {
    details.open = true;
  }
  const own = at.querySelector(":scope > details");
  if (own) {
    own.open = true;
  }
  at.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) {
  reveal();
}
document.getElementById("tools").hidden = false;
})();
