/**
 * The wide part: the n-grams that its tables know, with what each adds to every label's score.
 */

import { el, vary } from "../dom.js";
import { quoted, signed } from "../format.js";

const ORDERS = ["", "word", "pair", "triple"];

/**
 * @param {import("./scene.js").Scene} scene
 * @returns {Node[]}
 */
export function ngramsPicture(scene) {
  const found = scene.answer.ngrams;
  if (!found.length) {
    return [el("p", { class: "hint" }, "It knows nothing that stands in this text.")];
  }
  const { answer } = scene;
  const most = Math.max(...found.map((/** @type {any} */ each) => Math.abs(each.effect)));
  const others = Object.keys(answer.prediction.probabilities).filter((label) => label !== answer.label);
  return [
    el("h3", {}, `What it knows best about ${scene.name(answer.label)}`),
    el("ol", { class: "ngrams" }, distinct(found).map((each) => ngram(scene, each, most, others))),
    el(
      "p",
      { class: "hint" },
      "Logits at the temperature of the whole network. A pair or a triple adds what its words do not say one by one; " +
        "the values of the words share it equally.",
    ),
  ];
}

/** One for each n-gram, with how often it is among those found. @param {any[]} found @returns {any[]} */
function distinct(found) {
  const by = new Map();
  for (const each of found) {
    const key = JSON.stringify([each.order, each.words]);
    by.set(key, { ...each, times: (by.get(key)?.times ?? 0) + 1 });
  }
  return [...by.values()];
}

/** @param {import("./scene.js").Scene} scene @param {any} found @param {number} most @param {string[]} others */
function ngram(scene, found, most, others) {
  const begins = found.words.length < found.order && " at the start";
  const often = found.times > 1 && `, ${found.times} times`;
  const side = found.effect < 0 ? "against" : "for";
  const mark = vary(el("mark", { class: side }, quoted(found.text)), {
    strength: `${Math.round((100 * Math.abs(found.effect)) / (most || 1))}%`,
  });
  return el(
    "li",
    {},
    el("span", { class: "ngram-text" }, mark, el("span", { class: "hint" }, " ", ORDERS[found.order], begins, often)),
    el("strong", { class: "number" }, signed(found.effect)),
    el(
      "span",
      { class: "hint ngram-others" },
      others.map((label) => el("span", {}, `${scene.name(label)} ${signed(found.effects[label])}`)),
    ),
  );
}
