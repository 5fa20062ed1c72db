/**
 * Loss by epoch, of the training rows and of the validation rows: a chart, and the same in a table.
 */

import { el } from "../dom.js";
import { svg } from "./dom.js";
import { epochTable } from "./epoch_table.js";
import { figure } from "./format.js";
import { countScale, roundScale } from "./scale.js";

/**
 * @typedef {object} Epoch
 * @property {number} epoch
 * @property {number} of
 * @property {number} [loss]
 * @property {number} [accuracy]
 * @property {number} [validation_loss]
 * @property {number} [validation_accuracy]
 */

const MARGIN = { top: 14, right: 16, bottom: 40, left: 46 };
const LEAST_EPOCHS = 5;
const MOST_DOTS = 40;

/** Draws anew whenever epochs come or its width changes. */
export class LossChart {
  /** @type {Epoch[]} */
  #epochs = [];
  #picture = svg("svg", { role: "img" });
  #readout = el("p", { class: "readout", "aria-hidden": "true" });
  #table = epochTable();

  constructor() {
    const box = el("div", { class: "chart-box", pointermove: this.#point.bind(this), pointerleave: () => this.#rest() }, this.#picture);
    this.element = el(
      "figure",
      { class: "loss-chart", hidden: true },
      el(
        "figcaption",
        {},
        el("span", {}, "Loss by epoch"),
        el("span", { class: "key training" }, sample(), "training rows"),
        el("span", { class: "key validation" }, sample(), "validation rows"),
      ),
      box,
      this.#readout,
      this.#table.element,
    );
    new ResizeObserver(() => this.#draw()).observe(box);
  }

  /** @param {Epoch[]} epochs in order */
  show(epochs) {
    this.#epochs = epochs.filter((each) => each.loss !== undefined && each.validation_loss !== undefined);
    this.element.hidden = this.#epochs.length === 0;
    this.#table.show(this.#epochs, best(this.#epochs)?.epoch);
    this.#draw();
  }

  #draw() {
    const width = this.#picture.parentElement?.clientWidth ?? 0;
    if (width === 0 || this.#epochs.length === 0) {
      return;
    }
    const height = Math.round(Math.min(320, Math.max(210, width * 0.42)));
    const losses = this.#epochs.flatMap((each) => [Number(each.loss), Number(each.validation_loss)]);
    const last = Math.max(LEAST_EPOCHS, ...this.#epochs.map((each) => each.epoch));
    const x = countScale(last, MARGIN.left + 6, width - MARGIN.right, width / 60);
    const y = roundScale(Math.min(...losses), Math.max(...losses), height - MARGIN.bottom, MARGIN.top, 5);
    this.places = { x, y, height };
    this.#picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#picture.setAttribute("width", String(width));
    this.#picture.setAttribute("height", String(height));
    this.#picture.setAttribute("aria-label", inWords(this.#epochs));
    this.#picture.replaceChildren(
      axes(x, y, width, height),
      marker(best(this.#epochs), x, y, height),
      curve("training", this.#epochs, "loss", x, y),
      curve("validation", this.#epochs, "validation_loss", x, y),
      svg("g", { class: "cursor" }),
    );
    this.#rest();
  }

  /** What the nearest epoch reached. @param {PointerEvent} event */
  #point(event) {
    if (!this.places) {
      return;
    }
    const { x, y, height } = this.places;
    const at = event.clientX - this.#picture.getBoundingClientRect().left;
    const distance = (/** @type {Epoch} */ each) => Math.abs(x.at(each.epoch) - at);
    const nearest = this.#epochs.reduce((one, other) => (distance(other) < distance(one) ? other : one));
    const place = x.at(nearest.epoch);
    this.#picture.querySelector(".cursor")?.replaceChildren(
      svg("line", { x1: place, x2: place, y1: MARGIN.top, y2: height - MARGIN.bottom }),
      svg("circle", { class: "training", cx: place, cy: y.at(Number(nearest.loss)), r: 4 }),
      svg("circle", { class: "validation", cx: place, cy: y.at(Number(nearest.validation_loss)), r: 4 }),
    );
    this.#readout.textContent = epochInWords(nearest);
  }

  #rest() {
    const lowest = best(this.#epochs);
    this.#picture.querySelector(".cursor")?.replaceChildren();
    this.#readout.textContent = lowest ? `Lowest on the validation rows: ${epochInWords(lowest)}` : "";
  }
}

/** The epoch of the lowest validation loss, the earlier of two equals. @param {Epoch[]} epochs */
function best(epochs) {
  const less = (/** @type {Epoch} */ one, /** @type {Epoch} */ other) =>
    Number(other.validation_loss) < Number(one.validation_loss) ? other : one;
  return epochs.length === 0 ? undefined : epochs.reduce(less);
}

/** @param {Epoch} each */
function epochInWords(each) {
  return `epoch ${each.epoch}, training ${figure(each.loss)}, validation ${figure(each.validation_loss)}`;
}

/** @param {Epoch[]} epochs */
function inWords(epochs) {
  const [first, last, lowest] = [epochs[0], epochs[epochs.length - 1], best(epochs)];
  const fell = `Loss by epoch, ${first.epoch} to ${last.epoch}. On the training rows from ${figure(first.loss)} to ${figure(last.loss)}.`;
  const validation = `On the validation rows from ${figure(first.validation_loss)} to ${figure(last.validation_loss)}`;
  return `${fell} ${validation}, lowest ${figure(lowest?.validation_loss)} in epoch ${lowest?.epoch}. The table below has all figures.`;
}

/** The line of a legend. */
function sample() {
  return svg("svg", { width: 28, height: 10, "aria-hidden": "true" }, svg("line", { x1: 1, x2: 27, y1: 5, y2: 5 }));
}

/**
 * @param {import("./scale.js").Scale} x @param {import("./scale.js").Scale} y
 * @param {number} width @param {number} height
 */
function axes(x, y, width, height) {
  const bottom = height - MARGIN.bottom;
  const decimals = Math.max(0, ...y.ticks.map((tick) => String(tick).split(".")[1]?.length ?? 0));
  return svg(
    "g",
    { class: "axes" },
    ...y.ticks.map((tick) => svg("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y.at(tick), y2: y.at(tick) })),
    ...y.ticks.map((tick) => svg("text", { x: MARGIN.left - 8, y: y.at(tick) + 4, "text-anchor": "end" }, figure(tick, decimals))),
    ...x.ticks.map((tick) => svg("text", { x: x.at(tick), y: bottom + 18, "text-anchor": "middle" }, tick)),
    svg("text", { class: "title", x: (MARGIN.left + width - MARGIN.right) / 2, y: height - 4, "text-anchor": "middle" }, "epoch"),
  );
}

/**
 * @param {Epoch | undefined} lowest
 * @param {import("./scale.js").Scale} x @param {import("./scale.js").Scale} y @param {number} height
 */
function marker(lowest, x, y, height) {
  if (lowest === undefined) {
    return svg("g");
  }
  const [place, at] = [x.at(lowest.epoch), y.at(Number(lowest.validation_loss))];
  return svg(
    "g",
    { class: "best" },
    svg("line", { x1: place, x2: place, y1: at, y2: height - MARGIN.bottom }),
    svg("circle", { cx: place, cy: at, r: 7 }),
  );
}

/**
 * @param {string} kind @param {Epoch[]} epochs @param {"loss" | "validation_loss"} name
 * @param {import("./scale.js").Scale} x @param {import("./scale.js").Scale} y
 */
function curve(kind, epochs, name, x, y) {
  const points = epochs.map((each) => [x.at(each.epoch), y.at(Number(each[name]))]);
  const dots = epochs.length <= MOST_DOTS ? points : [];
  return svg(
    "g",
    { class: `curve ${kind}` },
    svg("polyline", { points: points.map((point) => point.map((place) => place.toFixed(1)).join(",")).join(" ") }),
    ...dots.map(([cx, cy]) => svg("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.5 })),
  );
}
