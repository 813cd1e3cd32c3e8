// Passkeys: what a form with `data-passkey` asks of the browser (W3C WebAuthn Level 3).
//
// The form carries the options, and the script puts the browser's answer into a hidden field and
// sends the form. Without this script the form's button stays hidden, and a line says why.
"use strict";

(() => {
  /** What a person is told of an error, by its name (WebAuthn, sections 5.1.3 and 5.1.4). */
  const WORDS = {
    create: {
      NotAllowedError: "No passkey was added: you cancelled, or it took too long.",
      InvalidStateError: "This device already has a passkey for this account.",
      ConstraintError: "This device cannot check that it is you. It needs a PIN or a fingerprint.",
      NotSupportedError: "This device cannot make a passkey for this page.",
    },
    get: {
      NotAllowedError: "You are not signed in: you cancelled, it took too long, or this device has no passkey for this page.",
    },
  };

  const canUsePasskeys = Boolean(
    window.PublicKeyCredential?.parseCreationOptionsFromJSON &&
      window.PublicKeyCredential.parseRequestOptionsFromJSON,
  );

  /** The browser's answer, as text. */
  async function ask(kind, options) {
    const credential =
      kind === "create"
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          });
    return JSON.stringify(credential.toJSON());
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const kind = form.dataset.passkey;
    const options = JSON.parse(form.dataset.options);
    const needs = form.querySelector("[data-passkey-needs]");
    const problem = form.querySelector("[data-passkey-problem]");
    const button = form.querySelector("button[type=submit]");

    if (location.origin !== form.dataset.origin) {
      needs.textContent = `Passkeys work only where the address of this page begins with ${form.dataset.origin}.`;
      continue;
    }
    if (!canUsePasskeys) {
      needs.textContent = "This browser cannot use passkeys. Update it, or use another one.";
      continue;
    }
    needs.remove();
    button.hidden = false;

    const tell = (text) => {
      problem.setAttribute("role", "alert");
      problem.textContent = text;
      problem.hidden = text === "";
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (performance.now() > options.timeout) {
        tell("This page is too old. Reload it, then try again.");
        return;
      }
      tell("");
      button.disabled = true;
      ask(kind, options).then(
        (answer) => {
          form.elements.answer.value = answer;
          form.submit();
        },
        (error) => {
          button.disabled = false;
          tell(WORDS[kind][error.name] ?? `The browser could not use a passkey (${error.name}).`);
          button.focus();
        },
      );
    });
  }
})();
