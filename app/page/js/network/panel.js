/**
 * The frame of a layer's panel: what it is, its shape, its parameters and how they add up, and two sentences.
 */

import { el } from "../dom.js";
import { count, figure, percent, shapeText } from "../format.js";
import { lessonOf } from "./lessons.js";
import { account } from "./parameters.js";
import { isSoftmax } from "./softmax_panel.js";

/**
 * @param {import("./scene.js").Scene} scene
 * @param {number} number of the layer
 * @param {Node[]} picture
 */
export function panel(scene, number, picture) {
  const layer = scene.layers[number];
  const { title, lesson } = lessonOf(layer, isSoftmax(layer));
  const id = `layer-${number}`;
  return el(
    "article",
    { class: "card panel", id, "data-layer": layer.name, "aria-labelledby": `${id}-title`, tabindex: -1 },
    el("p", { class: "panel-kind" }, `Layer ${number + 1} of ${count(scene.layers.length)} · ${layer.kind} · `, code(layer)),
    el("h2", { id: `${id}-title` }, title),
    el("dl", { class: "panel-facts" }, facts(scene.layers, number)),
    el("p", { class: "lesson" }, lesson),
    el("p", { class: "summary" }, el("strong", {}, "Your text: "), layer.summary),
    picture,
  );
}

/** @param {any} layer */
function code({ name }) {
  return el("code", {}, name);
}

/** @param {any[]} layers @param {number} number */
function facts(layers, number) {
  const { shape, parameters, statistics } = layers[number];
  const sum = account(layers, number);
  const counted = parameters === 0 ? "none: there is nothing to learn" : (sum?.sum ?? count(parameters));
  return [
    fact("Output", shapeText(shape), { 1: "numbers", 2: "rows × columns" }[shape.length]),
    fact("Parameters", counted, sum?.words),
    statistics &&
      layers[number].kind !== "InputLayer" &&
      fact(
        "Values",
        `${figure(statistics.minimum)} to ${figure(statistics.maximum)}`,
        `mean ${figure(statistics.mean)}, ${percent(statistics.zeros, 0)} are 0`,
      ),
  ];
}

/** @param {string} term @param {string} value @param {string} [note] */
function fact(term, value, note) {
  return el("div", {}, el("dt", {}, term), el("dd", {}, value), note && el("dd", { class: "hint" }, note));
}
