"use strict";
// Shows the progress of a run while it happens. Texts come from the server as they are to
// be shown, and are never taken for markup.
(function () {
const progress = document.getElementById("progress");
if (!progress) {
  return;
}
const steps = document.getElementById("steps");
const far = document.getElementById("far");
const bar = document.getElementById("bar");
const nothing = document.getElementById("nothing");
document.getElementById("reload").hidden = true;

function addStep(step) {
  const row = document.createElement("li");
  const at = document.createElement("time");
  const text = document.createElement("span");
  if (step.tone) {
    row.className = step.tone;
  }
  at.textContent = step.at;
  text.textContent = step.text + " ";
  if (step.more) {
    const more = document.createElement("small");
    more.textContent = step.more;
    text.append(more);
  }
  row.append(at, " ", text);
  steps.append(row);
  if (nothing) {
    nothing.hidden = true;
  }
}

const source = new EventSource(progress.dataset.events);
source.addEventListener("step", (event) => addStep(JSON.parse(event.data)));
source.addEventListener("far", (event) => {
  const now = JSON.parse(event.data);
  far.textContent = now.text;
  if (now.all > 0) {
    bar.max = now.all;
    bar.value = now.done;
  } else {
    bar.removeAttribute("value");
  }
});
// All that the end changes is on the page of the run that has ended.
source.addEventListener("end", () => {
  source.close();
  location.reload();
});
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) { // the server refuses: it has too many, or whoever looks may no more
    setTimeout(() => location.reload(), 10000);
  }
});
})();
