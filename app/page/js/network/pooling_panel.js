/**
 * Max pooling: the convolution on the left with a dot on what was kept, the pooled numbers on the right, and a line
 * from each to where it came from.
 */

import { el } from "../dom.js";
import { figure } from "../format.js";
import { windowHeight, windowName } from "./convolution_panel.js";
import { HeatMap, scaleLegend } from "./heat_map.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP_HEIGHT = 22;

/**
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @param {import("./look.js").Look} look
 * @returns {Node[]}
 */
export function poolingPicture(scene, layer, look) {
  const { activations: kept, positions } = layer;
  const before = scene.convolution.activations;
  const size = scene.poolSize;
  const readout = el("output", { class: "readout", "aria-live": "polite" });
  const join = new Join();
  const left = new HeatMap({
    label: `What pooling reads: the output of ${scene.convolution.name}`,
    values: before,
    readout,
    rowName: (row) => windowName(scene, row),
    rowHeight: (row) => windowHeight(scene, row),
    breakAfter: (row) => size > 0 && (row + 1) % size === 0 && row < size * kept.length,
    describe: (row, column) => seen(row, column),
    onCell: (row, column) => show(stepOf(row), column),
  });
  const right = new HeatMap({
    label: `What it kept: the output of ${layer.name}`,
    values: kept,
    readout,
    range: left.range,
    rowHeight: (step) => heightOf(scene, step, left),
    breakAfter: () => true,
    describe: (step, column) => {
      const window = positions[step][column];
      const value = figure(kept[step][column], 3);
      return `Step ${step + 1}, filter ${column}: kept ${value}, from window ${window}, “${scene.windowWords(window)}”`;
    },
    onCell: show,
  });

  /** @param {number} row of the convolution; the step that looks at it, or -1 */
  function stepOf(row) {
    return row < 0 || !size || row >= size * kept.length ? -1 : Math.floor(row / size);
  }

  /** @param {number} row @param {number} column */
  function seen(row, column) {
    const step = stepOf(row);
    const winner = positions[step]?.[column];
    const lost = winner === undefined ? "outside every step" : `given up for window ${winner}`;
    const fate = winner === row ? `kept in step ${step + 1}` : lost;
    return `Window ${row}, filter ${column}: ${figure(before[row][column], 3)}, ${fate}`;
  }

  /** @param {number} step @param {number} column */
  function show(step, column) {
    if (step < 0) {
      join.clear();
      look.back();
      return;
    }
    const row = positions[step][column];
    const [first, last] = scene.windowsOfStep(step);
    const count = size ? last - first + 1 : 1;
    const rivals = Array.from({ length: count }, (_, offset) => [size ? first + offset : row, column]);
    left.light({ cells: /** @type {[number, number][]} */ (rivals) });
    right.light({ cells: [[step, column]] });
    join.draw(left, row, right, step, column);
  }

  left.dot(winners(positions, kept, null).map(([step, column]) => [positions[step][column], column]));
  look.onToken((token) => {
    const windows = scene.windowsOf(token);
    left.light({ rows: windows });
    right.light({ cells: token < 0 ? [] : winners(positions, kept, windows) });
  });
  const pair = el("div", { class: "pair" }, left.element, el("div", { class: "pair-gap" }), right.element, join.element);
  return [
    el("div", { class: "scroller" }, pair),
    readout,
    scaleLegend(
      left.range,
      "Lines part the windows that compete; a dot marks what was kept, zeros aside. " +
        "Point at a cell on the right to see what it was chosen from.",
    ),
  ];
}

/**
 * The step's windows together, so that both sides lie level.
 * @param {import("./scene.js").Scene} scene @param {number} step @param {HeatMap} left
 */
function heightOf(scene, step, left) {
  if (!scene.poolSize) {
    return STEP_HEIGHT;
  }
  const [first, last] = scene.windowsOfStep(step);
  return left.heights.slice(first, last + 1).reduce((sum, height) => sum + height, 0);
}

/**
 * Cells of the pooled numbers, zeros aside, that came from these windows, or from any.
 * @param {number[][]} positions @param {number[][]} kept @param {Set<number> | null} windows
 * @returns {[number, number][]}
 */
function winners(positions, kept, windows) {
  const found = positions.flatMap((line, step) =>
    line.map((window, column) => ({ window, step, column })).filter(({ window }) => windows?.has(window) ?? true),
  );
  return found.filter(({ step, column }) => kept[step][column] !== 0).map(({ step, column }) => [step, column]);
}

/** A line from a cell of one map to a cell of another. */
class Join {
  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("class", "join");
    this.element.setAttribute("aria-hidden", "true");
    this.path = this.element.appendChild(document.createElementNS(SVG, "path"));
  }

  /** @param {HeatMap} left @param {number} row @param {HeatMap} right @param {number} step @param {number} column */
  draw(left, row, right, step, column) {
    const box = this.element.getBoundingClientRect();
    const [from, to] = [
      [left, row],
      [right, step],
    ].map(([map, line]) => {
      const heat = /** @type {HeatMap} */ (map);
      const canvas = heat.canvas.getBoundingClientRect();
      const cell = heat.place(/** @type {number} */ (line), column);
      const x = canvas.left - box.left + cell.x;
      return { left: x, right: x + cell.width, y: canvas.top - box.top + cell.y + cell.height / 2 };
    });
    const middle = (from.right + to.left) / 2;
    this.path.setAttribute("d", `M${from.right} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.left} ${to.y}`);
  }

  clear() {
    this.path.removeAttribute("d");
  }
}
