/**
 * What each part of a network would answer without the other, as probabilities by label.
 */

/**
 * @typedef {{deep: Record<string, number>, wide: Record<string, number>, temperature: number}} Parts logits by label
 */

/** @param {Parts} parts */
export function deepAlone({ deep, temperature }) {
  return softmax(deep, temperature);
}

/** @param {Parts} parts */
export function wideAlone({ wide, temperature }) {
  return softmax(wide, temperature);
}

/** The label with the largest share. @param {Record<string, number>} shares */
export function likeliest(shares) {
  return Object.keys(shares).reduce((best, label) => (shares[label] > shares[best] ? label : best));
}

/** @param {Record<string, number>} logits @param {number} temperature @returns {Record<string, number>} */
function softmax(logits, temperature) {
  const most = Math.max(...Object.values(logits));
  const powers = Object.entries(logits).map(([label, logit]) => [label, Math.exp((logit - most) / temperature)]);
  const sum = powers.reduce((total, [, power]) => total + Number(power), 0);
  return Object.fromEntries(powers.map(([label, power]) => [label, Number(power) / sum]));
}
