/**
 * What this section has to say beyond plain figures: moments, sizes, sentences, and figures that may be missing.
 */

import * as plain from "../format.js";

export { count, several } from "../format.js";

const LANGUAGE = document.documentElement.lang || "en";
const MOMENT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const MISSING = "–";

/** @param {number | null | undefined} value */
export function figure(value, digits = 3) {
  return isNumber(value) ? plain.figure(value, digits) : MISSING;
}

/** With its sign, also where it is positive. @param {number} value */
export function signed(value, digits = 3) {
  return plain.signed(value, digits);
}

/** @param {number | null | undefined} share 0 to 1 */
export function percent(share) {
  return isNumber(share) ? plain.percent(share) : MISSING;
}

/** @param {string | null | undefined} iso */
export function moment(iso) {
  return iso ? MOMENT.format(new Date(iso)) : MISSING;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} size */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB"];
  let power = 0;
  while (size >= 1000 && power < units.length - 1) {
    size /= 1000;
    power += 1;
  }
  return `${power === 0 ? size : size.toFixed(1)} ${units[power]}`;
}

/** Its first letter large, and with a full stop. @param {string} text */
export function sentence(text) {
  const [first = "", ...rest] = Array.from(text.trim());
  const whole = first.toUpperCase() + rest.join("");
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** @param {readonly string[]} words */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** @param {unknown} value @returns {value is number} */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
