/**
 * Scales of colour for heat maps, from the style sheet's custom properties.
 */

const SHADES = 128;

/**
 * @typedef {object} ColourScale
 * @property {number} low @property {number} high
 * @property {(value: number) => string} of
 */

/**
 * How far the numbers reach: from 0 up where none is negative, else as far below 0 as above.
 * @param {number[][]} values
 */
export function reach(values) {
  let low = 0;
  let high = 0;
  for (const value of values.flat()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const most = Math.max(-low, high) || 1;
  return low < 0 ? { low: -most, high: most } : { low: 0, high: most };
}

/** As the colours are now. @param {{low: number, high: number}} range @returns {ColourScale} */
export function colourScale({ low, high }) {
  const style = getComputedStyle(document.documentElement);
  const name = low < 0 ? "div" : "seq";
  const stops = [0, 1, 2, 3, 4].map((index) => parse(style.getPropertyValue(`--${name}-${index}`)));
  const shades = Array.from({ length: SHADES + 1 }, (_, index) => mix(stops, (4 * index) / SHADES));
  return { low, high, of: (value) => shades[Math.round((SHADES * (clamp(value, low, high) - low)) / (high - low))] };
}

/** @param {number[][]} stops @param {number} at 0 to 4 */
function mix(stops, at) {
  const first = Math.min(3, Math.floor(at));
  const share = at - first;
  const parts = stops[first].map((part, index) => Math.round(part + share * (stops[first + 1][index] - part)));
  return `rgb(${parts.join(" ")})`;
}

/** @param {string} hex */
function parse(hex) {
  return [1, 3, 5].map((start) => Number.parseInt(hex.trim().slice(start, start + 2), 16));
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
