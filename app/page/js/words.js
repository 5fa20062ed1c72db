/**
 * A text with its words as buttons: coloured by what each adds, and marked where the network does not see it.
 */

import { el, vary } from "./dom.js";
import { signed } from "./format.js";
import { rove, settle } from "./roving.js";

const WORD = ".word";
const STATES = { unknown: "unknown, so it is dropped", cut: "cut off" };

/**
 * @typedef {"seen" | "unknown" | "cut"} WordState
 */

/** Whether the network sees a word, and if not, why. @param {any} token @returns {WordState} */
export function stateOf(token) {
  return token.used ? (token.known ? "seen" : "unknown") : token.id === null ? "unknown" : "cut";
}

export class Words {
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  #pinned = -1;

  /**
   * @param {string} label for those who do not see it
   * @param {(token: number) => void} onLook a word is looked at: index into the tokens; -1 for none
   */
  constructor(label, onLook) {
    this.onLook = onLook;
    this.element = el("p", { class: "words", role: "group", "aria-label": label });
    rove(this.element, WORD);
    this.element.addEventListener("pointerleave", () => this.onLook(this.#pinned));
  }

  /**
   * @param {string} text the one that was answered
   * @param {any[]} tokens
   * @param {number[] | null} values one a token; null where there are none
   * @returns {boolean} whether a word has the focus, as one at its place had before
   */
  show(text, tokens, values) {
    const focused = this.#buttons.findIndex((button) => button === document.activeElement);
    const points = Array.from(text); // spans count code points
    const most = Math.max(1e-9, ...(values ?? []).map(Math.abs));
    let end = 0;
    this.#buttons = [];
    this.#pinned = -1;
    this.element.replaceChildren();
    tokens.forEach((token, index) => {
      this.element.append(points.slice(end, token.start).join(""));
      this.#buttons.push(this.#word(token, index, values && token.used ? values[index] : null, most));
      this.element.append(this.#buttons[index]);
      end = token.end;
    });
    this.element.append(points.slice(end).join(""));
    settle(this.element, WORD);
    this.#buttons[Math.min(focused, this.#buttons.length - 1)]?.focus({ preventScroll: true });
    return focused >= 0;
  }

  /** Keep looking at a word. @param {number} token */
  pin(token) {
    this.#buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === token)));
    this.#pinned = token;
    if (this.#buttons[token] && !this.element.contains(document.activeElement)) {
      settle(this.element, WORD, this.#buttons[token]);
    }
    this.onLook(token);
  }

  /** Mark words without pinning them. @param {Set<number>} tokens */
  mark(tokens) {
    this.#buttons.forEach((button, index) => button.classList.toggle("marked", tokens.has(index)));
  }

  get pinned() {
    return this.#pinned;
  }

  /**
   * @param {any} token @param {number} index @param {number | null} value @param {number} most
   * @returns {HTMLButtonElement}
   */
  #word(token, index, value, most) {
    const state = stateOf(token);
    const note = STATES[state] ?? (value === null ? null : signed(value));
    const button = el(
      "button",
      {
        type: "button",
        class: `word ${state}`,
        "aria-pressed": "false",
        click: () => this.pin(index),
        focus: () => this.pin(index),
        pointerenter: () => this.onLook(index),
      },
      token.text,
      state === "unknown" && el("span", { class: "word-mark", "aria-hidden": "true" }, "?"),
      note && el("span", { class: "visually-hidden" }, `, ${note}`),
      value !== null && el("span", { class: "word-number", "aria-hidden": "true" }, signed(value)),
    );
    if (value !== null && signed(value) !== signed(0)) {
      button.classList.add(value < 0 ? "against" : "for");
      vary(button, { strength: `${Math.round((100 * Math.abs(value)) / most)}%` });
    }
    return button;
  }
}
