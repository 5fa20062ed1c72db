/**
 * A matrix as colours on a canvas, with a cursor for pointer and arrow keys, and each cell in words.
 */

import { el, vary } from "../dom.js";
import { figure } from "../format.js";
import { onColours } from "../theme.js";
import { colourScale, reach } from "./colours.js";

const KEYS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

/**
 * @typedef {object} Options
 * @property {string} label what it shows, for those who do not see it
 * @property {number[][]} values
 * @property {(row: number, column: number) => string} describe a cell in words
 * @property {(row: number) => string} [rowName]
 * @property {(row: number) => number} [rowHeight] in CSS pixels
 * @property {number} [narrowest] width of a column in CSS pixels, below which the map scrolls
 * @property {(row: number, column: number) => void} [onCell] the cursor has moved; -1, -1 where it left
 * @property {(row: number) => boolean} [breakAfter] whether a line sets a row apart from the next
 * @property {{low: number, high: number}} [range]
 * @property {HTMLElement} [readout] of another map, to share
 *
 * @typedef {object} Highlight
 * @property {Iterable<number>} [rows]
 * @property {[number, number][]} [cells]
 */

export class HeatMap {
  #base = document.createElement("canvas");
  #row = -1;
  #column = 0;
  /** @type {Highlight} */
  #lit = {};
  /** @type {[number, number][]} */
  #dots = [];

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.values = options.values;
    this.rows = this.values.length;
    this.columns = this.values[0]?.length ?? 0;
    this.heights = this.values.map((_, row) => options.rowHeight?.(row) ?? 14);
    this.tops = this.heights.map((_, row) => this.heights.slice(0, row).reduce((sum, height) => sum + height, 0));
    this.height = this.heights.reduce((sum, height) => sum + height, 0);
    this.range = options.range ?? reach(this.values);
    this.canvas = el("canvas", {
      class: "heat-canvas",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "heat map",
      "aria-label": `${options.label}: ${this.rows} rows, ${this.columns} columns. Arrow keys go from cell to cell.`,
      keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
      pointermove: (/** @type {PointerEvent} */ event) => this.#onPointer(event),
      pointerdown: (/** @type {PointerEvent} */ event) => this.#onPointer(event),
      // A finger always leaves: what it touched stays.
      pointerleave: (/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && this.#leave(),
      focus: () => this.canvas.matches(":focus-visible") && this.#go(this.#startRow(), this.#column),
      blur: () => this.#leave(),
    });
    vary(this.canvas, { height: `${this.height}px`, narrowest: `${(options.narrowest ?? 4) * this.columns}px` });
    this.readout = options.readout ?? el("output", { class: "readout", "aria-live": "polite" });
    this.element = el("div", { class: "heat" }, options.rowName && this.#rowNames(options.rowName), this.canvas);
    this.watch();
  }

  /** Draw anew when the size or the colours change, for as long as it is on the page. */
  watch() {
    const redraw = () => (this.#paint(), this.#draw());
    const sizes = new ResizeObserver(redraw);
    sizes.observe(this.canvas);
    const end = onColours(() => (this.canvas.isConnected ? redraw() : (end(), sizes.disconnect())));
  }

  /** Frame rows and cells. @param {Highlight} lit */
  light(lit) {
    this.#lit = lit;
    const rows = new Set(lit.rows ?? []);
    this.names?.forEach((name, row) => name.classList.toggle("lit", rows.has(row)));
    this.#draw();
  }

  /** Put a dot on cells. @param {[number, number][]} cells */
  dot(cells) {
    this.#dots = cells;
    this.#draw();
  }

  /** Where a cell is in the canvas. @param {number} row @param {number} column */
  place(row, column) {
    const width = this.canvas.clientWidth / this.columns;
    return { x: column * width, y: this.tops[row], width, height: this.heights[row] };
  }

  /** @param {(row: number) => string} rowName */
  #rowNames(rowName) {
    this.names = this.values.map((_, row) => vary(el("span", {}, rowName(row)), { height: `${this.heights[row]}px` }));
    return el("div", { class: "heat-names", "aria-hidden": "true" }, this.names);
  }

  /** Where the keys begin: at the first row that is no thin one. */
  #startRow() {
    if (this.#row >= 0) {
      return this.#row;
    }
    const tallest = Math.max(...this.heights);
    return this.heights.findIndex((height) => height === tallest);
  }

  #paint() {
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    if (!width) {
      return;
    }
    for (const canvas of [this.canvas, this.#base]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(this.height * ratio);
    }
    const context = /** @type {CanvasRenderingContext2D} */ (this.#base.getContext("2d"));
    const scale = colourScale(this.range);
    const edge = (/** @type {number} */ column) => Math.round((column * this.#base.width) / this.columns);
    const x = Array.from({ length: this.columns + 1 }, (_, column) => edge(column));
    this.values.forEach((line, row) => {
      const top = Math.round(this.tops[row] * ratio);
      const bottom = Math.round((this.tops[row] + this.heights[row]) * ratio);
      const gap = this.heights[row] > 8 ? 1 : 0;
      line.forEach((value, column) => {
        context.fillStyle = scale.of(value);
        context.fillRect(x[column], top, x[column + 1] - x[column], bottom - top - gap);
      });
      if (this.options.breakAfter?.(row)) {
        context.fillStyle = getComputedStyle(this.canvas).getPropertyValue("--break");
        context.fillRect(0, bottom - 1, this.#base.width, 1);
      }
    });
  }

  #draw() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    if (!this.#base.width || !this.canvas.clientWidth) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    const style = getComputedStyle(this.canvas);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.#base, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = style.getPropertyValue("--mark");
    for (const [row, column] of this.#dots) {
      const { x, y, width, height } = this.place(row, column);
      context.beginPath();
      context.arc(x + width / 2, y + height / 2, Math.min(2.2, height / 2, width / 2), 0, 2 * Math.PI);
      context.fill();
    }
    context.lineWidth = 2;
    context.strokeStyle = style.getPropertyValue("--mark");
    for (const row of this.#lit.rows ?? []) {
      context.strokeRect(1, this.tops[row] + 0.5, this.canvas.clientWidth - 2, this.heights[row] - 1.5);
    }
    for (const [row, column] of this.#lit.cells ?? []) {
      this.#frame(context, row, column);
    }
    if (this.#row >= 0) {
      context.strokeStyle = style.getPropertyValue("--ink");
      this.#frame(context, this.#row, this.#column);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} row @param {number} column */
  #frame(context, row, column) {
    const { x, y, width, height } = this.place(row, column);
    context.strokeRect(x - 0.5, y, width + 1, height);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = KEYS[event.key];
    const end = { Home: 0, End: this.columns - 1 }[event.key];
    if (event.key === "Escape") {
      this.#leave();
    } else if (step || end !== undefined) {
      event.preventDefault();
      const row = this.#startRow() + (this.#row >= 0 ? (step?.[0] ?? 0) : 0);
      this.#go(row, end ?? this.#column + step[1]);
    }
  }

  /** @param {PointerEvent} event */
  #onPointer(event) {
    const box = this.canvas.getBoundingClientRect();
    const y = event.clientY - box.top;
    const row = this.tops.findLastIndex((top) => top <= y);
    this.#go(row, Math.floor(((event.clientX - box.left) / box.width) * this.columns));
  }

  /** @param {number} row @param {number} column */
  #go(row, column) {
    const to = [Math.min(this.rows - 1, Math.max(0, row)), Math.min(this.columns - 1, Math.max(0, column))];
    if (to[0] !== this.#row || to[1] !== this.#column || !this.readout.textContent) {
      [this.#row, this.#column] = to;
      this.readout.textContent = this.options.describe(to[0], to[1]);
      this.options.onCell?.(to[0], to[1]);
      this.#draw();
    }
  }

  #leave() {
    if (this.#row !== -1) {
      this.#row = -1;
      this.readout.textContent = "";
      this.options.onCell?.(-1, -1);
      this.#draw();
    }
  }
}

/** What the colours of a map stand for. @param {{low: number, high: number}} range @param {string} [hint] */
export function scaleLegend({ low, high }, hint = "Point at a cell, or use the arrow keys, to read it.") {
  return el(
    "div",
    { class: "heat-legend" },
    el("span", { class: "number" }, figure(low)),
    el("span", { class: low < 0 ? "ramp diverging" : "ramp", "aria-hidden": "true" }),
    el("span", { class: "number" }, figure(high)),
    el("span", { class: "hint" }, hint),
  );
}
