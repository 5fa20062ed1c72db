/**
 * What the colours and marks of the words mean, as far as this answer has them.
 */

import { el } from "../dom.js";
import { figure, percent, signed } from "../format.js";
import { stateOf } from "../words.js";

/** @param {any} answer @returns {HTMLElement[]} */
export function legend(answer) {
  const states = new Set(answer.tokens.map(stateOf));
  const unknown = el("span", { class: "word unknown sample" }, "word", el("span", { class: "word-mark" }, "?"));
  const marks = [
    states.has("unknown") && el("li", {}, unknown, " not in the vocabulary"),
    states.has("cut") && el("li", {}, el("span", { class: "word cut sample" }, "word"), " cut off: outside the window"),
  ].filter(Boolean);
  return [...scale(answer), ...(marks.length ? [el("ul", { class: "marks" }, marks)] : [])];
}

/** @param {any} answer */
function scale({ attributions, parts, label_names: names }) {
  if (!attributions) {
    return [el("p", { class: "hint" }, "This network does not say how much each word adds: its bundle has no gradients.")];
  }
  const { label, values, logit, baseline_logit: from, relative_gap: gap, steps } = attributions;
  const most = Math.max(...values.map(Math.abs), 0);
  const name = names[label] ?? label;
  const change = logit - from;
  return [
    el(
      "div",
      { class: "scale" },
      el("span", {}, `against ${name} ${signed(-most)}`),
      el("span", { class: "scale-bar", "aria-hidden": "true" }),
      el("span", {}, `${signed(most)} for ${name}`),
    ),
    el(
      "p",
      { class: "hint" },
      `Together the words move the logit of ${name} by ${signed(change)}, from ${figure(from)} for padding alone to ` +
        `${figure(logit)}. Integrated gradients, ${steps} steps, ${percent(gap, 2)} unaccounted for.` +
        (parts ? " What the wide part adds is in them, exactly." : ""),
    ),
  ];
}
