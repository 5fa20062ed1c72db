/**
 * "Models and training": asks for the admin key, and opens the console with it.
 */

import { el } from "../dom.js";
import { AdminClient } from "./client.js";
import { openConsole } from "./console.js";
import { inWords, keyGate, keyHeld } from "./key_gate.js";

/**
 * @param {HTMLElement} element the section of the page
 * @param {import("../api.js").Api} api
 * @param {import("../subject.js").Subject} subject
 */
export function mount(element, api, subject) {
  const place = el("div");
  const gate = keyGate(open);
  /** @type {AbortController | null} */
  let session = null;

  /** Throws what is wrong with the key. @param {string} key */
  async function open(key) {
    const begun = new AbortController();
    const client = new AdminClient(key, begun.signal, (error) => session === begun && close(inWords(error)), (words) => api.onNotice(words));
    await client.get("jobs?limit=1");
    client.clientsNeedKeys = await clientsNeedKeys();
    session = begun;
    place.replaceChildren(keyHeld(() => close("")), openConsole(client, subject));
  }

  /** Forget the key, and all that it opened. @param {string} words why, where it was not asked for */
  function close(words) {
    session?.abort();
    session = null;
    api.onNotice("");
    place.replaceChildren(gate.element);
    if (words) {
      gate.refuse(words);
    } else {
      gate.focus();
    }
  }

  element.classList.add("training");
  place.append(gate.element);
  element.append(place);
}

/** Whether the service asks clients for keys, so that a plain link does not open what is theirs. */
async function clientsNeedKeys() {
  return (await fetch("models")).status === 401;
}
