/**
 * "Try it": a text, how likely each label is, and its words coloured by what each adds. It follows the typing.
 */

import { el } from "../dom.js";
import { count, figure, percent, several } from "../format.js";
import { Latest } from "../latest.js";
import { wordCard } from "../word_card.js";
import { Words } from "../words.js";
import { Bars } from "./bars.js";
import { partsLine } from "./parts_line.js";
import { EXAMPLES } from "./examples.js";
import { legend } from "./legend.js";

const TYPING_PAUSE_MS = 180;
const SAID_AFTER_MS = 1200;

/**
 * @param {HTMLElement} element
 * @param {import("../api.js").Api} api
 * @param {import("../subject.js").Subject} subject
 */
export function mount(element, api, subject) {
  const view = new TryView(element, api, subject);
  view.begin();
}

class TryView {
  #answer = /** @type {any} */ (null);
  #said = 0;

  /**
   * @param {HTMLElement} element
   * @param {import("../api.js").Api} api
   * @param {import("../subject.js").Subject} subject
   */
  constructor(element, api, subject) {
    this.subject = subject;
    this.latest = new Latest(
      (signal) => {
        const { text, label } = subject;
        return api.explain(text, { label, detail: "summary", signal }).then((answer) => ({ ...answer, text }));
      },
      (answer) => this.#show(answer),
      (error) => this.#fail(error),
    );
    this.bars = new Bars((label) => subject.setLabel(label === this.#answer?.prediction.label ? null : label));
    this.words = new Words("The words of the text", (token) => this.#look(token));
    this.#build(element);
    subject.addEventListener("text", () => this.#changed(subject.text));
    subject.addEventListener("model", () => this.#swapped());
  }

  begin() {
    if (this.subject.text) {
      this.#changed(this.subject.text);
    } else {
      this.subject.setText(EXAMPLES[0].text);
    }
  }

  /** @param {HTMLElement} element */
  #build(element) {
    this.input = el("textarea", {
      id: "text",
      rows: 5,
      spellcheck: "true",
      "aria-describedby": "text-counts",
      input: () => this.subject.setText(this.input.value),
    });
    this.counts = el("p", { class: "hint", id: "text-counts" });
    this.problem = el("p", { class: "notice", role: "alert", hidden: true });
    this.spoken = el("p", { class: "visually-hidden", role: "status" });
    this.latency = el("p", { class: "hint latency" });
    this.parts = el("div", { class: "parts-place" });
    this.legend = el("div", { class: "legend-place" });
    this.detail = el("aside", { class: "word-card", "aria-label": "The word looked at" });
    this.results = el("div", { class: "try-results", hidden: true }, this.#wordsCard());
    const examples = EXAMPLES.map(({ title, text }) =>
      el("button", { type: "button", class: "chip", click: () => this.subject.setText(text) }, title),
    );
    element.append(
      el("p", { class: "lede" }, "Type a sentence. The network says whose it might be, and which words made it say so."),
      el(
        "div",
        { class: "try-top" },
        el(
          "div",
          { class: "card" },
          el("label", { for: "text", class: "small-title" }, "Your text"),
          this.input,
          this.counts,
          el(
            "div",
            { class: "chips", role: "group", "aria-label": "Examples" },
            el("span", { class: "hint" }, "Or take one:"),
            examples,
          ),
        ),
        el("div", { class: "card" }, this.bars.element, this.parts, this.latency),
      ),
      this.problem,
      this.results,
      this.spoken,
    );
  }

  #wordsCard() {
    this.numbers = el("input", {
      type: "checkbox",
      id: "numbers",
      change: () => this.words.element.classList.toggle("with-numbers", this.numbers.checked),
    });
    return el(
      "div",
      { class: "card words-card" },
      el(
        "div",
        { class: "words-side" },
        el(
          "div",
          { class: "words-head" },
          el("h2", {}, "What each word adds"),
          el("label", { class: "check" }, this.numbers, " Numbers under the words"),
        ),
        this.words.element,
        this.legend,
        el("p", {}, el("a", { href: "#network" }, "See what happens to them inside the network")),
      ),
      this.detail,
    );
  }

  /** @param {string} text */
  #changed(text) {
    if (this.input.value !== text) {
      this.input.value = text;
    }
    if (text.trim()) {
      this.results.setAttribute("aria-busy", "true");
      this.latest.want(TYPING_PAUSE_MS);
    } else {
      this.latest.drop();
      this.counts.textContent = "Nothing to read yet.";
    }
  }

  /** Another version serves than the one that answered: ask it. */
  #swapped() {
    const answered = this.#answer?.prediction.model;
    if (answered && answered.version !== this.subject.model?.version && this.subject.text.trim()) {
      this.latest.want(0);
    }
  }

  /** @param {{content: any, milliseconds: number, text: string}} answer */
  #show({ content, milliseconds, text }) {
    this.#answer = content;
    this.results.removeAttribute("aria-busy");
    this.problem.hidden = true;
    const { model, tokens } = content.prediction;
    this.subject.setModel(model);
    this.counts.textContent = counted(tokens, content.tokens.some(isMark));
    this.parts.replaceChildren(...partsLine(content));
    const took = `answered in ${figure(milliseconds, 0)} ms, explanation and all.`;
    this.latency.textContent = `${model.name}, version ${model.version}, ${took}`;
    this.bars.show(content);
    const values = content.attributions?.values ?? null;
    this.results.hidden = false;
    if (!this.words.show(text, content.tokens, values)) {
      this.words.pin(strongest(content));
    }
    this.legend.replaceChildren(...legend(content));
    this.#sayLater();
  }

  /** @param {Error} error */
  #fail(error) {
    this.results.removeAttribute("aria-busy");
    this.problem.textContent = error.message;
    this.problem.hidden = false;
  }

  /** @param {number} token */
  #look(token) {
    this.detail.replaceChildren(...(this.#answer?.tokens[token] ? wordCard(this.#answer, token) : []));
  }

  /** Read out once the typing rests, rather than at every letter. */
  #sayLater() {
    clearTimeout(this.#said);
    this.#said = window.setTimeout(() => {
      const { label, probabilities } = this.#answer.prediction;
      const words = `${this.#answer.label_names[label] ?? label}: ${percent(probabilities[label], 0)}`;
      if (this.spoken.textContent !== words) {
        this.spoken.textContent = words;
      }
    }, SAID_AFTER_MS);
  }
}

/** Whether a token is a punctuation mark. @param {any} token */
function isMark({ word }) {
  return !/[\p{L}\p{N}_]/u.test(word);
}

/** @param {{total: number, known: number, used: number, truncated: boolean}} tokens @param {boolean} marked */
function counted({ total, known, used, truncated }, marked) {
  const words = marked ? `${count(total)} words and marks` : several(total, "word");
  const rest = truncated ? `; the window holds ${used} of them` : "";
  return known === 0
    ? `${words}, none of which the vocabulary has: the answer is a guess.`
    : `${words}, ${known === total ? "all" : known} known${rest}.`;
}

/** The word to look at first. @param {any} answer */
function strongest(answer) {
  const values = answer.attributions?.values ?? answer.tokens.map((/** @type {any} */ token) => Number(token.used));
  return values.reduce((best, value, index) => (Math.abs(value) > Math.abs(values[best]) ? index : best), 0);
}
