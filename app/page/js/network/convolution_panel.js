/**
 * The convolution sliding over the text: a cell shows the words under the window, a word shows its windows.
 */

import { el } from "../dom.js";
import { figure, quoted } from "../format.js";
import { HeatMap, scaleLegend } from "./heat_map.js";
import { PADDING_HEIGHT, WORD_HEIGHT, runName } from "./matrix_panel.js";

const SLIDE_MS = 700;

/**
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @param {import("./look.js").Look} look
 * @returns {Node[]}
 */
export function convolutionPicture(scene, layer, look) {
  const values = layer.activations;
  const lens = new Lens(scene);
  const map = new HeatMap({
    label: `Output of ${layer.name}, a row a window, a column a filter`,
    values,
    rowName: (row) => windowName(scene, row),
    rowHeight: (row) => windowHeight(scene, row),
    describe: (row, column) =>
      `Window ${row}, “${scene.windowWords(row)}”, filter ${column}: ${figure(values[row][column], 3)}`,
    onCell: (row, column) => {
      if (row < 0) {
        look.back();
      } else {
        slider.go(row);
        lens.show(row, `filter ${column} gives ${figure(values[row][column], 3)}${trained(scene, column)}`);
      }
    },
  });
  const slider = slide(scene, values, (window) => {
    lens.show(window, loudest(values[window]));
    map.light({ rows: [window] });
  });
  look.onToken((token) => {
    const rows = scene.windowsOf(token);
    map.light({ rows });
    lens.mark(token);
  });
  slider.go(loudestWindow(values));
  return [
    slider.element,
    lens.element,
    el("div", { class: "scroller" }, map.element),
    map.readout,
    scaleLegend(
      map.range,
      "A row a window, a column each filter. Point at a cell for its words, at a word for its windows.",
    ),
  ];
}

/** @param {import("./scene.js").Scene} scene @param {number} row */
export function windowHeight(scene, row) {
  return scene.isEmpty(row) ? PADDING_HEIGHT : WORD_HEIGHT;
}

/** What stands beside a window: its words, or once for a run of windows of padding. */
export function windowName(/** @type {import("./scene.js").Scene} */ scene, /** @type {number} */ row) {
  return scene.isEmpty(row) ? runName(row, (each) => each >= 0 && scene.isEmpty(each)) : scene.windowWords(row);
}

/** The words of the text with a frame around those under the window. */
class Lens {
  /** @param {import("./scene.js").Scene} scene */
  constructor(scene) {
    this.scene = scene;
    const first = Math.max(0, scene.tokenAt.findIndex((token) => token !== -1));
    this.start = Math.max(0, first - scene.width + 1);
    this.words = scene.tokenAt.slice(this.start).map((_, offset) => el("span", {}, scene.word(this.start + offset)));
    this.caption = el("p", { class: "lens-caption" });
    const line = el("p", { class: "lens-words" }, this.words.flatMap((word) => [word, " "]));
    this.element = el("div", { class: "lens" }, line, this.caption);
  }

  /** @param {number} window @param {string} finding */
  show(window, finding) {
    const inside = new Set(this.scene.positionsOf(window));
    this.words.forEach((word, offset) => word.classList.toggle("under", inside.has(this.start + offset)));
    this.caption.textContent = `Window ${window}: ${quoted(this.scene.windowWords(window))}: ${finding}`;
  }

  /** @param {number} token */
  mark(token) {
    const isIt = (/** @type {number} */ position) => token >= 0 && this.scene.tokenAt[position] === token;
    this.words.forEach((word, offset) => word.classList.toggle("lit", isIt(this.start + offset)));
  }
}

/**
 * A slider for the window, and a button that moves it.
 * @param {import("./scene.js").Scene} scene @param {number[][]} values @param {(window: number) => void} onWindow
 */
function slide(scene, values, onWindow) {
  let timer = 0;
  const input = el("input", {
    type: "range",
    id: "window",
    min: 0,
    max: values.length - 1,
    input: () => {
      stop();
      at(Number(input.value));
    },
  });
  const play = el("button", { type: "button", click: () => (timer ? stop() : start()) }, "Slide");
  const at = (/** @type {number} */ window) => {
    input.value = String(window);
    input.setAttribute("aria-valuetext", `window ${window}: ${scene.windowWords(window)}`);
    onWindow(window);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Slide";
  };
  const start = () => {
    const first = Math.max(0, values.findIndex((_, row) => !scene.isEmpty(row)));
    at(first);
    play.textContent = "Stop";
    timer = window.setInterval(() => {
      const next = Number(input.value) + 1;
      if (next < values.length && play.isConnected) {
        at(next);
      } else {
        stop();
      }
    }, SLIDE_MS);
  };
  const element = el("div", { class: "slider" }, play, el("label", { for: "window" }, "Window"), input);
  return {
    element,
    /** @param {number} window */
    go: (window) => {
      stop();
      input.value = String(window);
      onWindow(window);
    },
  };
}

/** @param {number[]} row */
function loudest(row) {
  const best = row.reduce((found, value, index) => (value > row[found] ? index : found), 0);
  return row[best] > 0 ? `filter ${best} answers most, ${figure(row[best])}` : "no filter gives more than 0";
}

/** @param {number[][]} values */
function loudestWindow(values) {
  const most = values.map((row) => Math.max(...row));
  return most.indexOf(Math.max(...most));
}

/**
 * What the filter liked in training, where the answer tells.
 * @param {import("./scene.js").Scene} scene @param {number} filter
 */
function trained(scene, filter) {
  const phrase = scene.answer.filters.find((/** @type {any} */ each) => each.filter === filter)?.phrases[0];
  return phrase ? `; in training it liked ${quoted(phrase.words.join(" "))} best` : "";
}
