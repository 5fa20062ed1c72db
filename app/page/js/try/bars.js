/**
 * A bar a label; to choose one is to have the words coloured by what speaks for it.
 */

import { el, vary } from "../dom.js";
import { percent } from "../format.js";

export class Bars {
  /** @type {Map<string, {row: HTMLElement, input: HTMLInputElement, fill: HTMLElement, value: HTMLElement}>} */
  #rows = new Map();
  #rowsElement = el("div", { class: "bars-rows" });

  /** @param {(label: string) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.element = el(
      "fieldset",
      { class: "bars" },
      el("legend", {}, "How likely each is"),
      this.#rowsElement,
      el("p", { class: "hint" }, "Choose one to colour the words by what speaks for it."),
    );
  }

  /** @param {any} answer */
  show(answer) {
    const { probabilities, label: likeliest } = answer.prediction;
    const labels = Object.keys(probabilities);
    if (labels.join("\n") !== [...this.#rows.keys()].join("\n")) {
      this.#rows = new Map(labels.map((label) => [label, this.#row(label, answer.label_names[label] ?? label)]));
      this.#rowsElement.replaceChildren(...[...this.#rows.values()].map(({ row }) => row));
    }
    for (const [label, { row, input, fill, value }] of this.#rows) {
      input.checked = label === answer.label;
      row.classList.toggle("likeliest", label === likeliest);
      value.textContent = percent(probabilities[label]);
      vary(fill, { share: `${100 * probabilities[label]}%` });
    }
  }

  /** @param {string} label @param {string} name */
  #row(label, name) {
    const input = el("input", { type: "radio", name: "label", value: label, change: () => this.onChoose(label) });
    const fill = el("span", { class: "bar-fill" });
    const value = el("span", { class: "bar-value" });
    const row = el(
      "label",
      { class: "bar" },
      input,
      el("span", { class: "bar-name" }, name, name !== label && el("span", { class: "bar-code" }, ` ${label}`)),
      " ",
      value,
      el("span", { class: "bar-track", "aria-hidden": "true" }, fill),
    );
    return { row, input, fill, value };
  }
}
