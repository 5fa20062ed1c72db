/**
 * The way through the layers, from one shape to the next; a press leads to the panel. Two paths where there are two.
 */

import { el } from "../dom.js";
import { several, shapeText } from "../format.js";

/** @param {import("./scene.js").Scene} scene */
export function route(scene) {
  const numbers = scene.layers.map((/** @type {any} */ _, /** @type {number} */ number) => number);
  const wide = scene.layers.findIndex((/** @type {any} */ layer) => layer.kind === "NgramTables");
  if (!scene.answer.parts || wide < 0) {
    return stops(scene, numbers, "route");
  }
  return el(
    "div",
    { class: "route forked" },
    stops(scene, [0], "route-way"),
    el(
      "div",
      { class: "route-paths" },
      stops(scene, numbers.slice(1, wide), "route-way", "Deep part"),
      stops(scene, [wide], "route-way", "Wide part"),
    ),
    stops(scene, numbers.slice(wide + 1), "route-way"),
  );
}

/** @param {import("./scene.js").Scene} scene @param {number[]} numbers @param {string} look @param {string} [label] */
function stops(scene, numbers, look, label) {
  return el("ol", { class: look, "aria-label": label }, numbers.map((number) => stop(scene.layers[number], number)));
}

/** @param {any} layer @param {number} number */
function stop(layer, number) {
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        "aria-label": `${layer.kind}, ${shapeText(layer.shape)}: go to layer ${number + 1}`,
        click: () => lead(number),
      },
      el("span", { class: "route-kind" }, layer.kind.replace("Layer", "")),
      el("span", { class: "route-shape" }, shapeText(layer.shape)),
      el("span", { class: "hint" }, several(layer.parameters, "parameter")),
    ),
  );
}

/** @param {number} number */
function lead(number) {
  const target = document.getElementById(`layer-${number}`);
  target?.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  target?.focus({ preventScroll: true });
}
