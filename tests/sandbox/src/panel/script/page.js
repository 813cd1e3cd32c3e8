// What scripts add to every page. Without them all pages work; only what is below is missing.
"use strict";

(() => {
  const all = (selector) => document.querySelectorAll(selector);

  /** Shows a word in a button for a moment; programs that read the page aloud say it. */
  function tell(button, word) {
    const before = button.textContent;
    button.textContent = word;
    button.setAttribute("aria-live", "polite");
    button.disabled = true;
    setTimeout(() => {
      button.textContent = before;
      button.disabled = false;
      button.focus();
    }, 2000);
  }

  /** The text of a list with one item a line, or of anything else in one line without spaces. */
  function textOf(source) {
    const items = [...source.querySelectorAll("li")].map((item) => item.textContent.trim());
    return items.length > 0 ? `${items.join("\n")}\n` : source.textContent.replace(/\s/g, "");
  }

  // <button type="button" hidden data-copy="ID">: copies what the element with this ID shows.
  for (const button of all("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(textOf(source)).then(
        () => tell(button, "Copied"),
        () => {
          // The browser does not permit it. The person can copy what is selected now.
          getSelection().selectAllChildren(source);
          tell(button, "Selected: press Ctrl+C");
        },
      );
    });
  }

  // <button type="button" hidden data-print>: prints the page. The style leaves only codes on paper.
  for (const button of all("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // An element with `data-unsaved` shows what cannot be shown again. The browser asks before the
  // page is left in any way but by a form of the page.
  if (document.querySelector("[data-unsaved]")) {
    let sent = false;
    addEventListener("submit", () => { sent = true; });
    addEventListener("beforeunload", (event) => {
      if (!sent) event.preventDefault();
    });
  }

  // A page that the browser kept in memory may show what a sign-out has ended.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
