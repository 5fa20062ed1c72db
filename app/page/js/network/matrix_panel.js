/**
 * The numbers of any layer: rows by columns, or one row of them. Rows that stand for words are lit with their word.
 */

import { el } from "../dom.js";
import { figure } from "../format.js";
import { HeatMap, scaleLegend } from "./heat_map.js";

export const PADDING_HEIGHT = 3;
export const WORD_HEIGHT = 18;
const STRIP_HEIGHT = 30;

/**
 * @param {import("./scene.js").Scene} scene
 * @param {any} layer
 * @param {import("./look.js").Look} look
 * @returns {Node[]}
 */
export function matrixPicture(scene, layer, look) {
  const { activations, shape } = layer;
  if (!Array.isArray(activations) || !activations.length) {
    return [];
  }
  if (!Array.isArray(activations[0])) {
    return strip(layer, activations);
  }
  if (Array.isArray(activations[0][0])) {
    return [];
  }
  const ofWords = shape[0] === scene.tokenAt.length;
  const map = new HeatMap({
    label: `Output of ${layer.name}`,
    values: activations,
    rowName: (row) => (ofWords ? wordName(scene, row) : `${row}`),
    rowHeight: (row) => (ofWords && scene.isPadding(row) ? PADDING_HEIGHT : WORD_HEIGHT),
    describe: (row, column) => {
      const word = scene.isPadding(row) ? "padding" : `“${scene.word(row)}”`;
      const place = ofWords ? `Position ${row}, ${word}` : `Row ${row}`;
      return `${place}, number ${column}: ${figure(activations[row][column], 3)}`;
    },
    onCell: (row) => ofWords && (row >= 0 ? look.at(scene.tokenAt[row]) : look.back()),
  });
  if (ofWords) {
    look.onToken((token) => {
      const position = scene.answer.tokens[token]?.position ?? null;
      map.light({ rows: position === null ? [] : [position] });
    });
  }
  return [
    el("div", { class: "scroller" }, map.element),
    map.readout,
    scaleLegend(map.range, ofWords ? "A row a position, thin ones padding; a column each number of the vector." : undefined),
  ];
}

/** What stands beside a position. @param {import("./scene.js").Scene} scene @param {number} row */
function wordName(scene, row) {
  return scene.isPadding(row) ? runName(row, (each) => scene.isPadding(each)) : scene.word(row);
}

const RUN_NAMED_FROM = 5;

/**
 * Thin rows of padding have room for one name, at the fifth of a run.
 * @param {number} row @param {(row: number) => boolean} isPadding
 */
export function runName(row, isPadding) {
  let before = 0;
  while (before < RUN_NAMED_FROM && row - before > 0 && isPadding(row - before - 1)) {
    before += 1;
  }
  return before === RUN_NAMED_FROM - 1 ? "padding" : "";
}

/** @param {any} layer @param {number[]} values */
export function strip(layer, values) {
  const map = new HeatMap({
    label: `Output of ${layer.name}`,
    values: [values],
    rowHeight: () => STRIP_HEIGHT,
    describe: (_, column) => `Number ${column}: ${figure(values[column], 3)}`,
  });
  return [el("div", { class: "scroller" }, map.element), map.readout, scaleLegend(map.range)];
}
