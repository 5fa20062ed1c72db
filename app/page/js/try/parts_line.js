/**
 * What each part of the network would have said by itself, in a line each; nothing for a network of one part.
 */

import { el, vary } from "../dom.js";
import { percent } from "../format.js";
import { deepAlone, likeliest, wideAlone } from "../parts.js";

/** @param {any} answer @returns {HTMLElement[]} */
export function partsLine({ parts, label_names: names }) {
  if (!parts) {
    return [];
  }
  const rows = [
    ["Deep part", deepAlone(parts)],
    ["Wide part", wideAlone(parts)],
  ];
  return [
    el("p", { class: "small-title" }, "Each part by itself"),
    el("dl", { class: "parts-line" }, rows.flatMap(([name, shares]) => [el("dt", {}, name), said(shares, names)])),
  ];
}

/** @param {any} shares @param {Record<string, string>} names */
function said(shares, names) {
  const label = likeliest(shares);
  return el(
    "dd",
    {},
    el("span", {}, names[label] ?? label),
    vary(el("span", { class: "meter", "aria-hidden": "true" }), { share: `${100 * shares[label]}%` }),
    el("span", { class: "number" }, percent(shares[label], 0)),
  );
}
