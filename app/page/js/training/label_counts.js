/**
 * How many rows each label has, as bars.
 */

import { el } from "../dom.js";
import { svg } from "./dom.js";
import { count, several } from "./format.js";

const MOST = 12;

/** @param {Record<string, number>} labels */
export function labelCounts(labels) {
  const entries = Object.entries(labels).sort((one, other) => other[1] - one[1]);
  const most = Math.max(1, ...entries.map(([, rows]) => rows));
  const rest = entries.slice(MOST);
  return el(
    "ul",
    { class: "label-counts" },
    ...entries.slice(0, MOST).map(([label, rows]) =>
      el("li", {}, el("span", { class: "label" }, label), bar(rows / most), el("span", { class: "figure" }, count(rows))),
    ),
    rest.length > 0 && el("li", { class: "hint" }, `and ${several(rest.length, "more label")}`),
  );
}

/** @param {number} share */
function bar(share) {
  return svg(
    "svg",
    { class: "count-bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { width: 100 * share, height: 8 }),
  );
}
