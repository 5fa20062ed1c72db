/**
 * "Inside the network": a walk from the text to the probabilities, a panel a layer, with the numbers of this text.
 */

import { el } from "../dom.js";
import { Latest } from "../latest.js";
import { EXAMPLES } from "../try/examples.js";
import { wordCard } from "../word_card.js";
import { Words } from "../words.js";
import { convolutionPicture } from "./convolution_panel.js";
import { idsPicture } from "./ids_panel.js";
import { influence } from "./influence.js";
import { Look } from "./look.js";
import { lstmPicture } from "./lstm_panel.js";
import { matrixPicture } from "./matrix_panel.js";
import { panel } from "./panel.js";
import { partsPicture, temperaturePicture } from "./parts_panel.js";
import { poolingPicture } from "./pooling_panel.js";
import { route } from "./route.js";
import { Scene } from "./scene.js";
import { isSoftmax, softmaxPicture } from "./softmax_panel.js";
import { ngramsPicture } from "./wide_panel.js";

/** @type {Record<string, (scene: Scene, layer: any) => Node[]>} */
const PICTURES_OF_PARTS = { NgramTables: ngramsPicture, Add: partsPicture, Temperature: temperaturePicture };

/**
 * @param {HTMLElement} element
 * @param {import("../api.js").Api} api
 * @param {import("../subject.js").Subject} subject
 */
export function mount(element, api, subject) {
  const problem = el("p", { class: "notice", role: "alert", hidden: true });
  const place = el("div", { class: "walk" });
  element.append(
    el("p", { class: "lede" }, "Follow one text from words to probabilities. Choose a word, and see in every layer what it reaches."),
    problem,
    place,
  );
  let shown = "";
  const wanted = () => key(subject.text, subject.label, subject.model);
  const latest = new Latest(
    (signal) => {
      const { text, label } = subject;
      return api.explain(text, { label, detail: "full", signal }).then((answer) => ({ ...answer, text, label }));
    },
    ({ content, text, label }) => {
      const { model } = content.prediction;
      problem.hidden = true;
      shown = key(text, label, model);
      subject.setModel(model);
      place.replaceChildren(...walk(content, text));
      place.removeAttribute("aria-busy");
    },
    (error) => {
      problem.textContent = error.message;
      problem.hidden = false;
      place.replaceChildren();
      shown = "";
    },
  );
  const look = () => {
    if (!element.hidden && wanted() !== shown) {
      place.setAttribute("aria-busy", "true");
      if (subject.text.trim()) {
        latest.want(0);
      } else {
        subject.setText(EXAMPLES[0].text);
      }
    }
  };
  subject.addEventListener("part", look);
  subject.addEventListener("text", look);
  subject.addEventListener("model", look);
}

/**
 * What an answer depends on.
 * @param {string} text @param {string | null} label @param {{name: string, version: number} | null} model
 */
function key(text, label, model) {
  return JSON.stringify([text, label, model?.name, model?.version]);
}

/**
 * @param {any} answer
 * @param {string} text
 * @returns {Node[]}
 */
function walk(answer, text) {
  const scene = new Scene(answer);
  const look = new Look();
  const words = new Words("The words of the text: choose one to follow it", (token) =>
    token === words.pinned ? look.pin(token) : look.at(token),
  );
  words.show(text, answer.tokens, answer.attributions?.values ?? null);
  const detail = el("aside", { class: "card", "aria-label": "The word looked at" });
  look.onToken((token) => {
    words.mark(new Set([token]));
    if (token >= 0) {
      detail.replaceChildren(...wordCard(answer, token));
    }
  });
  const first = answer.tokens.findIndex((/** @type {any} */ token) => token.used);
  const panels = scene.layers.map((/** @type {any} */ _, /** @type {number} */ number) =>
    panel(scene, number, picture(scene, number, look)),
  );
  words.pin(Math.max(0, first));
  return [
    el("div", { class: "strip card" }, words.element),
    route(scene),
    el(
      "div",
      { class: "walk-columns" },
      el("div", { class: "panels" }, panels, influence(scene)),
      el("div", { class: "walk-side" }, detail),
    ),
  ];
}

/**
 * @param {Scene} scene
 * @param {number} number of the layer
 * @param {Look} look
 * @returns {Node[]}
 */
function picture(scene, number, look) {
  const layer = scene.layers[number];
  if (number === 0 && layer.kind === "InputLayer") {
    return idsPicture(scene, look);
  }
  if (layer === scene.convolution && layer.activations) {
    return convolutionPicture(scene, layer, look);
  }
  if (layer === scene.pooling && layer.activations && scene.convolution?.activations) {
    return poolingPicture(scene, layer, look);
  }
  if (layer.states) {
    return lstmPicture(scene, layer, look);
  }
  if (isSoftmax(layer)) {
    return softmaxPicture(scene, layer);
  }
  if (scene.answer.parts && layer.kind in PICTURES_OF_PARTS) {
    return PICTURES_OF_PARTS[layer.kind](scene, layer);
  }
  if (layer.kind.includes("Dropout")) {
    return [];
  }
  return matrixPicture(scene, layer, look);
}
