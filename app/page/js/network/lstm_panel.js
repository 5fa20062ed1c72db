/**
 * The state of the LSTM after each step, how much it changed there, and the last of them, which goes on.
 */

import { el, vary } from "../dom.js";
import { figure } from "../format.js";
import { HeatMap, scaleLegend } from "./heat_map.js";

const STEP_HEIGHT = 26;

/**
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @param {import("./look.js").Look} look
 * @returns {Node[]}
 */
export function lstmPicture(scene, layer, look) {
  const { states } = layer;
  const named = layer === scene.reader && scene.poolSize > 0;
  const changes = states.map((/** @type {number[]} */ state, /** @type {number} */ step) =>
    Math.hypot(...state.map((value, unit) => value - (states[step - 1]?.[unit] ?? 0))),
  );
  const words = (/** @type {number} */ step) => (named ? scene.stepWords(step) : "");
  const map = new HeatMap({
    label: `State of ${layer.name}, a row a step, a column a unit`,
    values: states,
    rowName: (step) => `${step + 1}  ${words(step)}`,
    rowHeight: () => STEP_HEIGHT,
    describe: (step, unit) => {
      const saw = named ? `, which saw “${words(step)}”` : "";
      const value = figure(states[step][unit], 3);
      return `After step ${step + 1}${saw}, unit ${unit}: ${value}; the state changed by ${figure(changes[step])} there`;
    },
  });
  look.onToken((token) => {
    const windows = scene.windowsOf(token);
    const steps = states.map((_, step) => step).filter((step) => {
      const [first, last] = scene.windowsOfStep(step);
      return [...windows].some((window) => window >= first && window <= last);
    });
    map.light({ rows: named ? steps : [] });
  });
  const most = Math.max(...changes) || 1;
  const bars = changes.map((change) =>
    vary(el("span", { class: "change" }), { share: `${(100 * change) / most}%`, height: `${STEP_HEIGHT}px` }),
  );
  const aside = el("div", { class: "changes", "aria-hidden": "true" }, bars);
  const body = el("div", { class: "heat-with-changes" }, map.element, aside);
  return [
    el("div", { class: "scroller" }, body),
    map.readout,
    scaleLegend(
      map.range,
      "A row a step, from first to last; the bars show how much the state changed. The last row is what goes on.",
    ),
  ];
}
