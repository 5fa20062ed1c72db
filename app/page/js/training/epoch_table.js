/**
 * The figures of each epoch, for those who cannot see a curve or want to read one exactly.
 */

import { el } from "../dom.js";
import { figure, percent } from "./format.js";

const COLUMNS = ["Epoch", "Training loss", "Validation loss", "Training accuracy", "Validation accuracy"];

export function epochTable() {
  const body = el("tbody");
  const table = el(
    "table",
    {},
    el("caption", { class: "visually-hidden" }, "Figures of each epoch"),
    el("thead", {}, el("tr", {}, ...COLUMNS.map((words) => el("th", { scope: "col" }, words)))),
    body,
  );
  const element = el(
    "details",
    { class: "epoch-table" },
    el("summary", {}, "Figures of each epoch"),
    el("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Figures of each epoch" }, table),
  );

  /** @param {import("./loss_chart.js").Epoch[]} epochs @param {number | undefined} best */
  function show(epochs, best) {
    body.replaceChildren(...epochs.map((each) => row(each, each.epoch === best)));
  }

  return { element, show };
}

/** @param {import("./loss_chart.js").Epoch} each @param {boolean} best */
function row(each, best) {
  return el(
    "tr",
    { class: best && "best" },
    el("th", { scope: "row" }, each.epoch, best && " (lowest)"),
    el("td", {}, figure(each.loss, 4)),
    el("td", {}, figure(each.validation_loss, 4)),
    el("td", {}, percent(each.accuracy)),
    el("td", {}, percent(each.validation_accuracy)),
  );
}
