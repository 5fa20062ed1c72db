/**
 * The page: three parts, of which one shows; each is made when it is first opened.
 */

import { Api } from "./api.js";
import { Subject } from "./subject.js";
import { mountTheme } from "./theme.js";

const PARTS = {
  try: () => import("./try/index.js"),
  network: () => import("./network/index.js"),
  training: () => import("./training/index.js"),
};
const WELL_AFTER_MS = 400;

const mounted = new Set();
const connection = byId("connection");
const api = new Api(say, askForKey);
const subject = new Subject();

mountTheme(byId("theme"));
window.addEventListener("hashchange", show);
subject.addEventListener("model", () => {
  const { name, version } = subject.model;
  byId("serving").textContent = `${name} · version ${version}`;
});
show();

/** The part that the address names, or the first. */
async function show() {
  const name = location.hash.slice(1) in PARTS ? location.hash.slice(1) : "try";
  for (const part of Object.keys(PARTS)) {
    byId(part).hidden = part !== name;
  }
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", false);
    if (link.getAttribute("href") === `#${name}`) {
      link.setAttribute("aria-current", "page");
    }
  }
  document.title = `${byId(`${name}-heading`).textContent} · Tercet`;
  if (!mounted.has(name)) {
    mounted.add(name);
    try {
      const part = await PARTS[name]();
      part.mount(byId(name), api, subject);
    } catch (error) {
      mounted.delete(name);
      say("This part of the page could not be loaded. Open it again, or reload the page.");
      throw error;
    }
  }
  subject.dispatchEvent(new CustomEvent("part", { detail: name }));
  // Asked again each time: another version may serve by now.
  await api.model().then(({ content }) => subject.setFacts(content), (error) => say(error.message));
}

let well = 0;

/** What there is to say about the connection. @param {string} words */
function say(words) {
  clearTimeout(well);
  if (words) {
    connection.textContent = words;
  } else {
    well = window.setTimeout(() => (connection.textContent = ""), WELL_AFTER_MS);
  }
}

/** @returns {Promise<string>} */
function askForKey() {
  const form = byId("client-key");
  const input = /** @type {HTMLInputElement} */ (byId("client-key-input"));
  form.hidden = false;
  return new Promise((resolve) => {
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        form.hidden = true;
        resolve(input.value.trim());
        input.value = "";
      },
      { once: true },
    );
  });
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
