/**
 * How a layer's count of parameters comes about, worked out from shapes; only where the sum comes out right.
 */

import { count } from "../format.js";

/**
 * @typedef {object} Account
 * @property {string} sum e.g. `5 · 100 · 64 + 64 = 32,064`
 * @property {string} words what the factors are
 */

/**
 * @param {any[]} layers
 * @param {number} number which of them
 * @returns {Account | null} null where it cannot be told
 */
export function account(layers, number) {
  const layer = layers[number];
  if (layer.kind === "NgramTables") {
    return ofTables(layer, layers.find((each) => each.kind === "Embedding"));
  }
  const rule = RULES[layer.kind];
  if (!rule || !layer.parameters) {
    return null;
  }
  const units = layer.shape.at(-1);
  for (const before of layers.slice(0, number).reverse()) {
    const found = rule(layer.parameters, units, before.shape.at(-1));
    if (found) {
      return { ...found, sum: `${found.sum} = ${count(layer.parameters)}` };
    }
  }
  return null;
}

const SLOTS = 12;

/** @param {any} tables @param {any} embedding @returns {Account | null} */
function ofTables({ parameters: total, shape }, embedding) {
  const labels = shape.at(-1);
  const words = embedding ? embedding.parameters / embedding.shape.at(-1) : 0;
  const buckets = (total - words * labels - labels - 1) / (SLOTS * (labels + 1));
  if (!words || !Number.isInteger(Math.log2(buckets))) {
    return null;
  }
  return {
    sum: `${count(words)} · ${labels} + ${count(buckets)} · ${SLOTS} · (${labels} + 1) + ${labels} + 1 = ${count(total)}`,
    words: "words · labels + buckets · places · (labels + a check) + a bias a label + a scale",
  };
}

/** @type {Record<string, (total: number, units: number, inputs: number) => Account | null>} */
const RULES = {
  Embedding: (total, units) =>
    total % units ? null : { sum: `${count(total / units)} · ${count(units)}`, words: "words of the vocabulary · numbers a word" },
  Conv1D: (total, units, inputs) => {
    const plain = total / (units * inputs);
    const width = Number.isInteger(plain) ? plain : (total - units) / (units * inputs);
    if (!Number.isInteger(width) || width < 1) {
      return null;
    }
    const product = `${width} · ${count(inputs)} · ${count(units)}`;
    const words = "words in a window · numbers a word · filters";
    return width === plain ? { sum: product, words } : { sum: `${product} + ${count(units)}`, words: `${words} + a bias a filter` };
  },
  Dense: (total, units, inputs) => {
    if (total === inputs * units + units) {
      return { sum: `${count(inputs)} · ${count(units)} + ${count(units)}`, words: "inputs · outputs + a bias an output" };
    }
    return total === inputs * units ? { sum: `${count(inputs)} · ${count(units)}`, words: "inputs · outputs" } : null;
  },
  LSTM: (total, units, inputs) => gated(4, total, units, inputs, "gates"),
  GRU: (total, units, inputs) =>
    gated(3, total, units, inputs, "gates") ??
    (total === 3 * (units * (inputs + units) + 2 * units)
      ? {
          sum: `3 · (${units} · (${count(inputs)} + ${units}) + 2 · ${units})`,
          words: "gates · (units · (inputs + units) + two biases a unit)",
        }
      : null),
  SimpleRNN: (total, units, inputs) => gated(1, total, units, inputs, "gate"),
  BatchNormalization: (total, units) =>
    total === 4 * units ? { sum: `4 · ${count(units)}`, words: "scale, shift, mean and variance · numbers" } : null,
  LayerNormalization: (total, units) =>
    total === 2 * units ? { sum: `2 · ${count(units)}`, words: "scale and shift · numbers" } : null,
};

/** @param {number} gates @param {number} total @param {number} units @param {number} inputs @param {string} noun */
function gated(gates, total, units, inputs, noun) {
  if (total !== gates * (units * (inputs + units) + units)) {
    return null;
  }
  return {
    sum: `${gates} · (${count(units)} · (${count(inputs)} + ${count(units)}) + ${count(units)})`,
    words: `${noun} · (units · (inputs + units) + a bias a unit)`,
  };
}
