/**
 * A line that says what goes on and what came of it, also to those who hear the page.
 */

import { el } from "../dom.js";

/** @typedef {"busy" | "good" | "bad" | "plain"} Mood */

export class StatusLine {
  constructor() {
    this.element = el("div", { class: "status", role: "status", "aria-live": "polite", hidden: true });
  }

  /**
   * @param {Mood} mood
   * @param {string} words
   * @param {readonly string[]} reasons below the words, a line each
   */
  say(mood, words, reasons = []) {
    this.element.dataset.mood = mood;
    this.element.hidden = false;
    const list = reasons.length > 0 && el("ul", {}, ...reasons.map((reason) => el("li", {}, reason)));
    this.element.replaceChildren(...[el("p", {}, words), list].filter((child) => child !== false));
  }

  /** An error in words. @param {unknown} error */
  fail(error) {
    const { message, reasons = [] } = /** @type {import("./client.js").RefusedError} */ (error);
    this.say("bad", message, reasons.length === 1 && message.includes(reasons[0]) ? [] : reasons);
  }

  clear() {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}
