/**
 * From figures to places on a chart, and ticks at round figures.
 */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} at where a figure is
 * @property {number[]} ticks
 */

/**
 * A linear scale from `low`…`high` to `from`…`to`, widened to round figures.
 * @param {number} low @param {number} high @param {number} from @param {number} to
 * @param {number} most ticks
 * @returns {Scale}
 */
export function roundScale(low, high, from, to, most) {
  const step = roundStep((high - low || Math.abs(high) || 1) / most);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => clean((first + index) * step));
  return { at: linear(first * step, last * step, from, to), ticks };
}

/**
 * A scale of whole numbers from 1 to `last`.
 * @param {number} last @param {number} from @param {number} to
 * @param {number} most ticks
 * @returns {Scale}
 */
export function countScale(last, from, to, most) {
  const step = Math.max(1, roundStep(last / most));
  const ticks = [1];
  for (let tick = step === 1 ? 2 : step; tick <= last; tick += step) {
    ticks.push(tick);
  }
  return { at: linear(1, Math.max(2, last), from, to), ticks };
}

/** The least of 1, 2, 5, 10, … times a power of ten that is no less than `least`. @param {number} least */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Without the dust of binary fractions. @param {number} value */
function clean(value) {
  return Number(value.toPrecision(12));
}

/** @param {number} low @param {number} high @param {number} from @param {number} to */
function linear(low, high, from, to) {
  return (/** @type {number} */ value) => from + ((value - low) / (high - low)) * (to - from);
}
