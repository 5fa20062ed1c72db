/**
 * What came of a training: whether the new version serves, and how it compares with the one that served, on the same
 * held-out rows.
 */

import { el } from "../dom.js";
import { button } from "./dom.js";
import { count, figure, percent, sentence, several } from "./format.js";
import { intervalChart } from "./interval_chart.js";
import { saidInWords } from "./job_words.js";
import { reportLink } from "./report_link.js";

const ROWS = [
  ["log_loss", "Log loss", figure, -1],
  ["accuracy", "Accuracy", percent, 1],
  ["expected_calibration_error", "Calibration error", figure, -1],
];

/**
 * @param {import("./client.js").AdminClient} client
 * @param {any} job that succeeded
 * @param {(version: number) => void} promote
 */
export function verdict(client, job, promote) {
  const { version, promoted, promotion, comparison, warnings } = job.result;
  const outcome = promoted ? "is trained and was put in service." : "is trained. It was not put in service.";
  return el(
    "section",
    { class: "verdict", "data-promoted": promoted },
    el("h3", {}, `Version ${version} ${outcome}`),
    el("p", {}, sentence(promotion.reason)),
    comparison && comparison.verdict !== promotion.reason && el("p", {}, comparison.verdict),
    job.result.feedback && el("p", {}, feedbackInWords(job.result.feedback)),
    el("div", { class: "compared" }, figureTable(job.result), comparison && difference(comparison, version)),
    warnings.length > 0 && el("ul", { class: "warnings" }, ...warnings.map((/** @type {string} */ words) => el("li", {}, saidInWords(words)))),
    el(
      "div",
      { class: "actions" },
      reportLink(client, version),
      !promoted && button(`Let version ${version} serve`, () => promote(version)),
    ),
  );
}

/** How sure the difference is. @param {any} comparison @param {number} version */
function difference(comparison, version) {
  return el(
    "div",
    {},
    intervalChart(comparison.log_loss_difference, comparison.interval),
    el("p", {}, mcnemarInWords(comparison, version)),
    comparison.caveat && el("p", { class: "problem" }, sentence(comparison.caveat)),
  );
}

/** Both sides' figures, and those of the linear baseline, where all are of the same rows. @param {any} result */
function figureTable({ version, comparison, evaluation, baseline }) {
  const rows = comparison?.rows ?? evaluation.rows;
  const sides = [
    comparison && [`Version ${comparison.champion.version}`, "champion, served", comparison.champion],
    [`Version ${version}`, comparison ? "challenger, new" : "new", comparison?.challenger ?? evaluation],
    baseline && baseline.rows === rows && ["Baseline", "TF-IDF, linear", baseline],
  ].filter(Boolean);
  return el(
    "div",
    { class: "scroller", tabindex: 0, role: "region", "aria-label": "Figures on the held-out rows" },
    el(
      "table",
      { class: "sides" },
      el("caption", {}, `On the same ${several(rows, "held-out row")}`),
      el(
        "thead",
        {},
        el("tr", {}, el("td"), ...sides.map(([name, role]) => el("th", { scope: "col" }, name, el("span", { class: "hint" }, role)))),
      ),
      el("tbody", {}, ...ROWS.map((row) => figureRow(row, sides))),
    ),
  );
}

/** @param {any} row @param {any[]} sides */
function figureRow([name, words, write, direction], sides) {
  const figures = sides.map(([, , side]) => side[name]);
  const best = direction * Math.max(...figures.map((each) => direction * each));
  const meaning = direction > 0 ? "higher is better" : "lower is better";
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, words, el("span", { class: "hint" }, meaning)),
    ...figures.map((each) => el("td", { class: sides.length > 1 && each === best && "best" }, write(each))),
  );
}

/** @param {any} feedback */
function feedbackInWords({ rows, joined, corrected }) {
  if (rows === 0) {
    return "No feedback had come that could be included.";
  }
  return `Of ${several(rows, "feedback text")}, ${count(joined)} joined the training rows and ${count(corrected)} corrected a label.`;
}

/** @param {any} comparison @param {number} version */
function mcnemarInWords({ champion, mcnemar, rows }, version) {
  const { only_champion_right: theirs, only_challenger_right: ours, p_value: p } = mcnemar;
  if (theirs + ours === 0) {
    return `Both get the same of the ${count(rows)} rows right.`;
  }
  const alone = `Version ${champion.version} alone gets ${count(theirs)} of the ${count(rows)} rows right, version ${version} alone ${count(ours)}`;
  const level = p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${figure(p)}`;
  const meaning = p < 0.05 ? "that is hardly chance" : "that may well be chance";
  return `${alone}: ${meaning} (McNemar's exact test, ${level}).`;
}
