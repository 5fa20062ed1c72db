/**
 * Figures as people read them: a true minus, thin spaces, thousands set apart.
 */

const MINUS = "\u2212";
const WHOLE = new Intl.NumberFormat("en");

/** @param {number} value */
export function figure(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", MINUS);
}

/** With its sign, also where it is positive. @param {number} value */
export function signed(value, digits = 2) {
  const text = figure(value, digits);
  return Number(value.toFixed(digits)) > 0 ? `+${text}` : text;
}

/** @param {number} share 0 to 1 */
export function percent(share, digits = 1) {
  return `${figure(100 * share, digits)}\u202f%`;
}

/** @param {number} change of a share, in percentage points */
export function points(change) {
  return `${signed(100 * change, 1)} points`;
}

/** @param {number} value */
export function count(value) {
  return WHOLE.format(value);
}

/** `1 word`, `2 words`. @param {number} value @param {string} noun */
export function several(value, noun, plural = `${noun}s`) {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** `46 × 64`. @param {(number | null)[]} shape */
export function shapeText(shape) {
  return shape.map((size) => (size === null ? "any" : count(size))).join(" × ");
}

/** Quoted. @param {string} text */
export function quoted(text) {
  return `“${text}”`;
}
