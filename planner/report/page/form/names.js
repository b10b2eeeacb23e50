(function () {
"use strict";
// All names stand in one text, of which the page shows a part. Here they are found and
// sorted. What a line holds is said where it is written.
const data = document.getElementById("data");
const table = document.getElementById("all");
if (!data || !table || data.textContent === "") {
  return;
}
const atOnce = 200; // rows
const total = Number(data.dataset.total);
const flagNames = data.dataset.flags.split(" ");
const standings = data.dataset.standings.split(" ");
const keepers = data.dataset.keepers.split(" ");
const answers = { y: "yes", n: "no", u: "unknown" };
const parse36 = (text) => (text === "" ? 0 : parseInt(text, 36));

let all = null;
function read() {
  if (all) {
    return;
  }
  const lines = data.textContent.split("\n");
  const [checks, groups, suffixes, months] = lines.splice(0, 4).map((line) => line.split("\t"));
  lines.pop(); // behind the last end of a line
  all = lines.map((line) => {
    const [name, ascii, kinds, end, left, group, suffix, month, set, flags, differs, answered] = line.split("\t");
    const x = {
      name: name, ascii: ascii, said: plain(name + " " + ascii), standing: standings[kinds[0]], kept: keepers[kinds[1]] || "", set: String(parse36(set)),
      group: group === "" ? "" : groups[parse36(group)], suffix: suffix === "" ? "" : suffixes[parse36(suffix)], month: month === "" ? "" : months[parse36(month)],
      end: end === "" ? "" : new Date(parse36(end) * 86400000).toISOString().slice(0, 10),
      flags: flagNames.filter((flag, i) => parse36(flags) & (1 << i)), left: end === "" ? "" : parse36(left), differs: differs !== "", lapses: Boolean(parse36(flags) & (1 << flagNames.length)), held: month !== "",
    };
    checks.forEach((check, i) => { x["check:" + check] = answers[answered[i]] || ""; });
    return x;
  });
}

// A term is a word that a name holds, or a key and a value that it has.
function terms(text) {
  const found = text.matchAll(/([\w-]+):"((?:[^"\\]|\\.)*)"|([\w-]+):(\S+)|(\S+)/g);
  return Array.from(found, (m) => {
    if (m[5] !== undefined) {
      const word = plain(m[5]);
      return ["differs", "lapses", "held"].includes(word) ? (x) => x[word] : (x) => x.said.includes(word) || plain(x.group).includes(word);
    }
    const key = m[1] || m[3];
    let value = m[4];
    if (m[1]) {
      try {
        value = JSON.parse('"' + m[2] + '"');
      } catch {
        value = m[2];
      }
    }
    if (key === "flag") {
      return (x) => x.flags.includes(value);
    }
    const member = ["month", "suffix", "group", "standing", "kept", "set"].includes(key) ? key : "check:" + key;
    return (x) => x[member] === value;
  });
}

const columns = [(x) => x.name, (x) => x.end, (x) => x.left, (x) => x.group, (x) => x.standing, (x) => x.flags.join(", "), (x) => x.kept];
let matching = [];
let order = null;
let shown = 0;

function cell(kind, text, isolated) {
  const at = document.createElement(kind);
  if (isolated) {
    const own = document.createElement("bdi");
    own.textContent = text;
    at.append(own);
  } else {
    at.textContent = text;
  }
  return at;
}

function rowOf(x) {
  const row = document.createElement("tr");
  if (x.flags.includes("endangered")) {
    row.className = "alarm";
  }
  const name = cell("th", x.name, true);
  name.scope = "row";
  if (x.ascii) {
    name.append(" ", cell("small", x.ascii));
  }
  const left = cell("td", String(x.left));
  left.className = "n";
  row.append(name, cell("td", x.end), left, cell("td", x.group, true), cell("td", x.standing), cell("td", x.flags.join(", ")), cell("td", x.kept));
  return row;
}

function more() {
  table.tBodies[0].append(...matching.slice(shown, shown + atOnce).map(rowOf));
  shown = Math.min(shown + atOnce, matching.length);
  button.hidden = shown === matching.length;
  const number = (n) => n.toLocaleString("en-US");
  found.value = number(matching.length) + " of " + number(all.length) + " names" + (all.length < total ? " that this page holds of " + number(total) : "");
  table.caption.textContent = matching.length === shown ? found.value : "The first " + number(shown) + " of " + found.value;
}

function show() {
  read();
  const wanted = terms(input.value).concat(searched.map((word) => (x) => x.said.includes(word) || plain(x.group).includes(word)));
  matching = all.filter((x) => wanted.every((holds) => holds(x)));
  if (order) {
    const of = columns[order.column];
    const last = (value) => value === "";
    matching.sort((a, b) => last(of(a)) - last(of(b)) || (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0) * (order.down ? -1 : 1));
  }
  table.tBodies[0].replaceChildren();
  shown = 0;
  more();
}

let searched = [];
const { input, found } = addFilter(table, "Find among all names: ", "names-find");
input.id = input.name;
found.id = "names-found";
const button = document.createElement("button");
button.type = "button";
button.id = "more";
button.textContent = "Show more";
button.hidden = true;
button.addEventListener("click", more);
table.parentElement.after(button);

let waits = 0;
input.addEventListener("input", () => {
  clearTimeout(waits);
  waits = setTimeout(show, 100);
});
table.addEventListener("sort", (event) => {
  event.preventDefault();
  order = event.detail;
  show();
});
// What is searched for on the page is searched for among all names, too.
const section = document.getElementById("names");
document.querySelector("main").addEventListener("search", (event) => {
  if (searched.length === 0 && event.detail.length === 0) {
    return;
  }
  searched = event.detail;
  show();
  section.hidden = matching.length === 0;
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-find]");
  if (link) {
    input.value = link.dataset.find;
    show();
  }
});
})();
