/**
 * The window of ids: a cell a position, with a run of padding as one.
 */

import { el } from "../dom.js";
import { count, several } from "../format.js";
import { stateOf } from "../words.js";

const MOST_UNSEEN = 12;

/**
 * @param {import("./scene.js").Scene} scene
 * @param {import("./look.js").Look} look
 * @returns {Node[]}
 */
export function idsPicture(scene, look) {
  const ids = scene.layers[0].activations;
  if (!Array.isArray(ids) || Array.isArray(ids[0])) {
    return [];
  }
  /** @type {Map<number, HTMLElement>} */
  const cells = new Map();
  const items = [];
  for (let position = 0; position < ids.length; position += 1) {
    if (scene.isPadding(position)) {
      const first = position;
      while (position + 1 < ids.length && scene.isPadding(position + 1)) {
        position += 1;
      }
      items.push(run(first, position, ids[first]));
    } else {
      const token = scene.tokenAt[position];
      const cell = el(
        "li",
        { class: "id", pointerenter: () => look.at(token), pointerleave: () => look.back() },
        el("span", { class: "id-place" }, el("span", { class: "visually-hidden" }, "position "), position),
        el("span", { class: "id-word" }, scene.word(position)),
        el("span", { class: "id-number" }, count(ids[position])),
      );
      cells.set(token, cell);
      items.push(cell);
    }
  }
  look.onToken((token) => cells.forEach((cell, each) => cell.classList.toggle("lit", each === token)));
  return [el("ol", { class: "ids", start: 0 }, items), ...unseen(scene)];
}

/** @param {number} first @param {number} last @param {number} id */
function run(first, last, id) {
  return el(
    "li",
    { class: "id padding" },
    el("span", { class: "id-place" }, first === last ? first : `${first} – ${last}`),
    el("span", { class: "id-word" }, "padding"),
    el("span", { class: "id-number" }, first === last ? id : `${id}, ${last - first + 1} times`),
  );
}

/** Words that never get here. @param {import("./scene.js").Scene} scene */
function unseen(scene) {
  return [
    ["unknown", "not in the vocabulary"],
    ["cut", "cut off"],
  ].flatMap(([state, why]) => {
    const words = scene.answer.tokens.filter((/** @type {any} */ token) => stateOf(token) === state);
    const shown = words
      .slice(0, MOST_UNSEEN)
      .flatMap((/** @type {any} */ token) => [el("span", { class: `word ${state} sample` }, token.text), " "]);
    const rest = words.length > MOST_UNSEEN && "…";
    return words.length ? [el("p", { class: "hint" }, `${several(words.length, "word")} ${why}: `, shown, rest)] : [];
  });
}
