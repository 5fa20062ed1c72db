/**
 * The two parts of a network side by side: what each would answer by itself, and what they answer together.
 */

import { el, vary } from "../dom.js";
import { figure, percent } from "../format.js";
import { deepAlone, wideAlone } from "../parts.js";

const COLUMNS = ["Deep alone", "Wide alone", "Together"];

/**
 * @param {import("./scene.js").Scene} scene
 * @returns {Node[]}
 */
export function partsPicture(scene) {
  const { parts, prediction } = scene.answer;
  const answers = [deepAlone(parts), wideAlone(parts), prediction.probabilities];
  return [
    scroller(
      "What each part says",
      el(
        "table",
        { class: "parts" },
        head(["Label", ...COLUMNS]),
        el(
          "tbody",
          {},
          Object.keys(prediction.probabilities).map((label) =>
            el("tr", {}, el("th", { scope: "row" }, scene.name(label)), answers.map((answer) => share(answer, label))),
          ),
        ),
      ),
    ),
    el(
      "p",
      { class: "hint" },
      "Probabilities, all at the temperature of the whole network. Where both parts favour the same label, the answer is " +
        "surer than either.",
    ),
  ];
}

/**
 * Each score before and after the temperature.
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @returns {Node[]}
 */
export function temperaturePicture(scene, layer) {
  const { parts, prediction } = scene.answer;
  const rows = Object.keys(prediction.probabilities).map((label, index) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, scene.name(label)),
      el("td", { class: "number" }, figure(parts.deep[label] + parts.wide[label])),
      el("td", { class: "number" }, `÷ ${figure(parts.temperature)}`),
      el("td", { class: "number" }, figure(layer.activations[index])),
    ),
  );
  const table = el("table", { class: "softmax" }, head(["Label", "Sum", "Temperature", "Logit"]), el("tbody", {}, rows));
  return [scroller("Temperature", table)];
}

/** @param {Record<string, number>} answer @param {string} label */
function share(answer, label) {
  const likeliest = Object.values(answer).every((other) => other <= answer[label]);
  return el(
    "td",
    { class: likeliest ? "part likeliest" : "part" },
    el("span", { class: "bar-value" }, percent(answer[label])),
    el(
      "span",
      { class: "bar-track", "aria-hidden": "true" },
      vary(el("span", { class: "bar-fill" }), { share: `${100 * answer[label]}%` }),
    ),
  );
}

/** @param {string[]} names */
function head([first, ...others]) {
  const columns = others.map((name) => el("th", { scope: "col", class: "number" }, name));
  return el("thead", {}, el("tr", {}, el("th", { scope: "col" }, first), columns));
}

/** @param {string} label @param {Node} body */
function scroller(label, body) {
  return el("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": label }, body);
}
