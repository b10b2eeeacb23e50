"use strict";
// Loads the page again, of which something is about to change, unless somebody is writing
// or looks elsewhere.
setInterval(() => {
  const written = Array.from(document.querySelectorAll("input[type=text]")).some((input) => input.value !== "" || input === document.activeElement);
  if (!written && document.visibilityState === "visible") {
    location.replace(location.pathname);
  }
}, 3000);
