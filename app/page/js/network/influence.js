/**
 * What moved the answer: phrases, filters with what they liked in training, and each word left out.
 */

import { el, vary } from "../dom.js";
import { count, figure, percent, points, quoted, several, signed } from "../format.js";

/**
 * @param {import("./scene.js").Scene} scene
 * @returns {Node[]}
 */
export function influence(scene) {
  return [phrases(scene), filters(scene), whatIf(scene)].flatMap((part) => (part ? [part] : []));
}

/** @param {import("./scene.js").Scene} scene */
function phrases(scene) {
  const found = scene.answer.phrases;
  if (!found.length) {
    return null;
  }
  const most = Math.max(...found.map((/** @type {any} */ each) => Math.abs(each.effect)));
  return card(
    "phrases",
    "The phrases that counted",
    `Windows of which pooling kept something, the strongest effect on ${scene.name(scene.answer.label)} first.` +
      (scene.answer.parts ? " Effects of the deep part alone." : ""),
    el(
      "ol",
      { class: "effects" },
      found.map((/** @type {any} */ each) =>
        el(
          "li",
          {},
          el("span", { class: "effect-text" }, quoted(each.text)),
          effectBar(each.effect, most),
          el("span", { class: "hint" }, `won ${several(each.wins, "place")}`),
        ),
      ),
    ),
  );
}

/** @param {import("./scene.js").Scene} scene */
function filters(scene) {
  const found = scene.answer.filters;
  if (!found.length) {
    return null;
  }
  const most = Math.max(...found.map((/** @type {any} */ each) => Math.abs(each.effect)));
  return card(
    "filters",
    "The filters that decided",
    "What excited each here, and what excited it most in all the texts it was trained on.",
    el(
      "ul",
      { class: "filters" },
      found.map((/** @type {any} */ each) =>
        el(
          "li",
          {},
          el("h3", {}, `Filter ${each.filter}`),
          effectBar(each.effect, most),
          el("p", {}, excitement(each)),
          each.phrases.length > 0 && el("ol", { class: "trained" }, each.phrases.map(trained)),
        ),
      ),
    ),
  );
}

/** @param {any} filter */
function excitement({ words, activation }) {
  return words.length ? `${quoted(words.join(" "))} gave it ${figure(activation)}.` : "No window here gave it more than 0.";
}

/** @param {any} phrase */
function trained({ words, activation, count: times }) {
  const often = times > 1 && `, ${count(times)} times`;
  return el("li", {}, el("span", {}, words.join(" ")), el("span", { class: "hint number" }, figure(activation), often));
}

/** @param {import("./scene.js").Scene} scene */
function whatIf(scene) {
  const found = scene.answer.what_if;
  if (!found.length) {
    return null;
  }
  const { label, prediction } = scene.answer;
  const name = scene.name(label);
  const most = Math.max(...found.map((/** @type {any} */ each) => Math.abs(each.change)), 1e-9);
  return card(
    "what-if",
    "What if a word were not there?",
    `The whole network run again without each word. As it stands, ${name} has ${percent(prediction.probabilities[label])}.`,
    el(
      "div",
      { class: "scroller", tabindex: 0, role: "region", "aria-label": "The answer without each word" },
      el(
        "table",
        { class: "what-if-table" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, "Without"),
            el("th", { scope: "col", class: "number" }, name),
            el("th", { scope: "col" }, "Change"),
          ),
        ),
        el(
          "tbody",
          {},
          found.map((/** @type {any} */ each) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, each.word),
              el("td", { class: "number" }, percent(each.probabilities[label])),
              el("td", {}, effectBar(each.change, most, points)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {number} effect @param {number} most @param {(value: number) => string} [words] */
function effectBar(effect, most, words = signed) {
  const bar = vary(el("span", { class: effect < 0 ? "effect-bar against" : "effect-bar for", "aria-hidden": "true" }), {
    share: `${(50 * Math.abs(effect)) / (most || 1)}%`,
  });
  return el("span", { class: "effect" }, bar, el("span", { class: "number" }, words(effect)));
}

/** @param {string} id @param {string} title @param {string} lead @param {Node} body */
function card(id, title, lead, body) {
  return el(
    "article",
    { class: "card panel", id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title),
    el("p", { class: "lesson" }, lead),
    body,
  );
}
