/**
 * By how much the new version's log loss differs, and how sure that is: an interval beside zero.
 */

import { el } from "../dom.js";
import { svg } from "./dom.js";
import { signed } from "./format.js";
import { roundScale } from "./scale.js";

const LEAST = 0.005;
/** How far each side goes at least, as a share of the other. */
const SHORT = 0.4;
const HEIGHT = 92;
const SIDE = 26;
const LINE_Y = 34;
const AXIS_Y = 62;

/**
 * @param {number} difference the new version's minus the other's
 * @param {[number, number]} interval of it, 95 %
 */
export function intervalChart(difference, [low, high]) {
  const words = `Difference of the log loss ${signed(difference)}, 95 % interval ${signed(low)} to ${signed(high)}`;
  const picture = svg("svg", { role: "img", "aria-label": words, height: HEIGHT });
  const box = el("div", { class: "chart-box" }, picture);
  const element = el("figure", { class: "interval-chart" }, el("figcaption", {}, "Difference of the log loss, with its 95 % interval"), box);

  new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width > 0) {
      picture.setAttribute("width", String(width));
      picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      picture.replaceChildren(...marks(width, difference, low, high));
    }
  }).observe(box);
  return element;
}

/** @param {number} width @param {number} difference @param {number} low @param {number} high */
function marks(width, difference, low, high) {
  const [least, most] = [Math.min(low, -SHORT * high, -LEAST), Math.max(high, -SHORT * low, LEAST)];
  const { at, ticks } = roundScale(least, most, SIDE, width - SIDE, Math.max(2, width / 110));
  const verdict = high < 0 ? "better" : low > 0 ? "worse" : "open";
  return [
    svg("rect", { class: "good-side", x: at(ticks[0]), y: 18, width: at(0) - at(ticks[0]), height: AXIS_Y - 18 }),
    svg("text", { class: "side", x: at(0) - 10, y: 12, "text-anchor": "end" }, "← the new one is better"),
    svg("text", { class: "side", x: at(0) + 10, y: 12 }, "worse →"),
    svg("line", { class: "grid", x1: at(ticks[0]), x2: at(ticks[ticks.length - 1]), y1: AXIS_Y, y2: AXIS_Y }),
    ...ticks.map((tick) => svg("text", { class: "tick", x: at(tick), y: AXIS_Y + 18, "text-anchor": "middle" }, tickText(tick))),
    svg("line", { class: "zero", x1: at(0), x2: at(0), y1: 4, y2: AXIS_Y }),
    svg(
      "g",
      { class: `interval ${verdict}` },
      svg("line", { x1: at(low), x2: at(high), y1: LINE_Y + 6, y2: LINE_Y + 6 }),
      svg("line", { x1: at(low), x2: at(low), y1: LINE_Y, y2: LINE_Y + 12 }),
      svg("line", { x1: at(high), x2: at(high), y1: LINE_Y, y2: LINE_Y + 12 }),
      svg("circle", { cx: at(difference), cy: LINE_Y + 6, r: 5.5 }),
    ),
  ];
}

/** @param {number} tick */
function tickText(tick) {
  return tick === 0 ? "0" : String(tick).replace("-", "\u2212");
}
