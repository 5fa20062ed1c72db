/**
 * Asks for the admin key, and holds it for as long as the page is open: in memory, and nowhere else.
 */

import { el } from "../dom.js";
import { button, freshId } from "./dom.js";
import { StatusLine } from "./status_line.js";

/**
 * @param {(key: string) => Promise<void>} open tries the key; throws what is wrong with it
 */
export function keyGate(open) {
  const id = freshId("key");
  const status = new StatusLine();
  const input = el("input", {
    id,
    type: "password",
    name: "key",
    required: true,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    "aria-describedby": `${id}-help`,
  });
  const submit = el("button", { type: "submit", class: "primary" }, "Open");
  const form = el(
    "form",
    { class: "key-gate", submit: onSubmit },
    el("p", { class: "lede" }, "What serves, what it was trained on, and what comes next. An admin key opens it."),
    el("label", { for: id }, "Admin key"),
    el("div", { class: "key-row" }, input, submit),
    status.element,
    el(
      "p",
      { class: "hint", id: `${id}-help` },
      "The service makes one at its first start, prints it once, and keeps it in ",
      el("code", {}, "admin-key"),
      " in its data folder, unless ",
      el("code", {}, "TERCET_ADMIN_KEYS"),
      " sets others. This page keeps it in memory alone: it is forgotten when you reload or leave.",
    ),
  );

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const key = input.value.trim();
    if (!/^[\x21-\x7e]+$/.test(key)) {
      status.say("bad", "This is no key: a key has letters, digits and signs, and no spaces.");
      return;
    }
    submit.disabled = true;
    status.say("busy", "Asking the service…");
    try {
      await open(key);
      input.value = "";
      status.clear();
    } catch (error) {
      status.say("bad", inWords(error));
      input.select();
    } finally {
      submit.disabled = false;
    }
  }

  return {
    element: form,
    /** @param {string} words */
    refuse(words) {
      status.say("bad", words);
      input.focus();
    },
    focus: () => input.focus(),
  };
}

/**
 * The line above the console.
 * @param {() => void} forget
 */
export function keyHeld(forget) {
  return el(
    "div",
    { class: "key-held" },
    el("p", {}, "You act with an admin key, which this page holds in memory alone."),
    button("Forget the key", forget),
  );
}

/** @param {any} error */
export function inWords(error) {
  if (error.status === 401) {
    return "The service does not know this key.";
  }
  if (error.status === 403) {
    return "This is a client's key. Models and training need an admin key.";
  }
  return error.message;
}
