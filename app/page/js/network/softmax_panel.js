/**
 * From scores to probabilities, in figures: e to the power of each, and its share of their sum.
 */

import { el, vary } from "../dom.js";
import { figure, percent } from "../format.js";

const ROUNDING = 1e-3;
const COLUMNS = ["Logit z", "e to the z", "Probability"];

/** @param {any} layer whether its numbers are the softmax of its logits */
export function isSoftmax(layer) {
  const { logits, activations } = layer;
  if (!logits || !Array.isArray(activations) || activations.length !== logits.length) {
    return false;
  }
  const shares = softmax(logits);
  return shares.every((share, index) => Math.abs(share - activations[index]) < ROUNDING);
}

/**
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @returns {Node[]}
 */
export function softmaxPicture(scene, layer) {
  const labels = Object.keys(scene.answer.prediction.probabilities);
  const powers = layer.logits.map(Math.exp);
  const sum = powers.reduce((/** @type {number} */ total, /** @type {number} */ power) => total + power, 0);
  const rows = labels.map((label, index) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, scene.name(label)),
      el("td", { class: "number" }, figure(layer.logits[index])),
      el("td", { class: "number" }, figure(powers[index])),
      el("td", { class: "number" }, percent(powers[index] / sum)),
      el("td", { class: "softmax-bar", "aria-hidden": "true" }, bar(powers[index] / sum)),
    ),
  );
  return [
    el(
      "div",
      { class: "scroller", tabindex: 0, role: "region", "aria-label": "Softmax" },
      el(
        "table",
        { class: "softmax" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, "Label"),
            COLUMNS.map((name) => el("th", { scope: "col", class: "number" }, name)),
            el("td"),
          ),
        ),
        el("tbody", {}, rows),
      ),
    ),
    el(
      "p",
      { class: "hint" },
      `The middle column sums to ${figure(sum)}; each probability is its share of that: ` +
        `${figure(powers[0])} ÷ ${figure(sum)} = ${percent(powers[0] / sum)}.`,
    ),
  ];
}

/** @param {number} share */
function bar(share) {
  return vary(el("span", { class: "bar-fill" }), { share: `${100 * share}%` });
}

/** @param {number[]} logits */
function softmax(logits) {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
