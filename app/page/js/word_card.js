/**
 * All there is to say about one word: what it adds, what the answer is without it, and which words are near it.
 */

import { el, vary } from "./dom.js";
import { count, figure, percent, points, quoted, signed } from "./format.js";
import { stateOf } from "./words.js";

/**
 * @param {any} answer of `POST /explain`
 * @param {number} index of the token
 * @returns {HTMLElement[]}
 */
export function wordCard(answer, index) {
  const token = answer.tokens[index];
  return [
    el("h3", { class: "word-card-title" }, token.text),
    el("p", { class: "hint" }, whereabouts(token)),
    el("dl", { class: "word-facts" }, ...facts(answer, index)),
    ...neighbours(token),
  ];
}

/** What became of a word, in a sentence. @param {any} token */
function whereabouts(token) {
  switch (stateOf(token)) {
    case "unknown":
      return token.used
        ? `The vocabulary does not have it; it stands at position ${token.position} as the one id of all unknown words.`
        : "The vocabulary does not have it, so the network never sees it.";
    case "cut":
      return "The text is longer than the window, and this word is outside it: cut off.";
    default:
      return `Word number ${count(token.id)} of the vocabulary, at position ${token.position} of the window.`;
  }
}

/** @param {any} answer @param {number} index */
function facts(answer, index) {
  const name = answer.label_names[answer.label] ?? answer.label;
  const value = answer.tokens[index].used ? answer.attributions?.values[index] : undefined;
  const without = answer.what_if.find((/** @type {any} */ each) => each.token === index);
  const speaks = value !== undefined && value < 0 ? `Speaks against ${name}` : `Speaks for ${name}`;
  const added = value === undefined ? [] : fact(speaks, signed(value), "logits");
  if (!without) {
    return added;
  }
  const now = percent(without.probabilities[answer.label]);
  return [...added, ...fact(`${name} without it`, now, points(without.change))];
}

/** @param {string} term @param {string} value @param {string} note */
function fact(term, value, note) {
  return [el("dt", {}, term), el("dd", {}, el("strong", {}, value), ` ${note}`)];
}

/** @param {any} token */
function neighbours(token) {
  if (!token.neighbours.length) {
    return [];
  }
  return [
    el("h4", { class: "small-title" }, `Words nearest to ${quoted(token.word)}`),
    el(
      "ol",
      { class: "neighbours" },
      token.neighbours.map((/** @type {any} */ each) =>
        el(
          "li",
          {},
          el("span", {}, each.word),
          vary(el("span", { class: "meter", "aria-hidden": "true" }), { share: `${100 * Math.max(0, each.similarity)}%` }),
          el("span", { class: "number" }, el("span", { class: "visually-hidden" }, "similarity "), figure(each.similarity)),
        ),
      ),
    ),
  ];
}
