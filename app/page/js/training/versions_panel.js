/**
 * The versions of the model: how good each is, which one serves, and which one shall.
 */

import { pause } from "../api.js";
import { el } from "../dom.js";
import { confirm } from "./confirm.js";
import { button, keepFocus } from "./dom.js";
import { duration, figure, listed, moment, percent } from "./format.js";
import { reportLink } from "./report_link.js";
import { StatusLine } from "./status_line.js";

const MOST_TRIES = 60;

/** The name of a figure, how it is written, and what it means. */
const FIGURES = [
  ["log_loss", "Log loss", figure, "lower is better"],
  ["accuracy", "Accuracy", percent, "of the held-out rows"],
  ["macro_f1", "Macro F1", figure, "higher is better"],
  ["expected_calibration_error", "Calibration error", figure, "lower is better"],
];

/**
 * @param {import("./client.js").AdminClient} client
 * @param {import("../subject.js").Subject} subject hears of another version that serves
 * @param {() => void} onChange
 */
export function versionsPanel(client, subject, onChange) {
  const status = new StatusLine();
  const heading = el("h2", { id: "training-versions", tabindex: -1 }, "Versions");
  const list = el("ol", { class: "versions", reversed: true });
  const name = el("code", {});
  const element = el(
    "section",
    { class: "panel card", "aria-labelledby": "training-versions" },
    heading,
    el("p", { class: "lede" }, "What has been trained of ", name, ". Figures are those of its own held-out rows."),
    status.element,
    list,
  );
  /** @type {any[]} */
  let versions = [];
  let changing = false;

  async function refresh() {
    const content = await client.get("models");
    versions = content.versions;
    name.textContent = content.name;
    if (serving()?.version !== subject.model?.version) {
      subject.setFacts(await client.get("model"));
    }
    const names = subject.facts?.label_names ?? {};
    list.replaceChildren(...versions.map((version) => card(client, version, names, promote)));
    onChange();
  }

  /** @param {number} version */
  async function promote(version) {
    const before = serving()?.version;
    const back = versions.find((each) => each.version === version)?.previous;
    if (version === before) {
      status.say("plain", `Version ${version} serves already.`);
    }
    if (changing || version === before || !(await confirm(question(version, before, back)))) {
      return;
    }
    changing = true;
    list.inert = true;
    status.say("busy", `Version ${version} is being loaded and tried out. Version ${before} answers until it is ready.`);
    const began = performance.now();
    try {
      await client.send("POST", `models/${version}/promote`);
      const seconds = duration(Math.max(1000, performance.now() - began) / 1000);
      const undo = before === undefined ? "" : ` Version ${before} served before; it is one step back.`;
      status.say("good", `Version ${version} serves now; it was ready after ${seconds}.${undo}`);
    } catch (error) {
      if (client.signal.aborted) {
        return;
      }
      status.fail(error);
    } finally {
      changing = false;
      list.inert = false;
    }
    await refresh();
    keepFocus(heading); // the pressed button is gone
  }

  /** A version that was promoted elsewhere is loaded before it serves, which takes a while. @param {number} version */
  async function awaitServing(version) {
    for (let tries = 0; tries < MOST_TRIES && serving()?.version !== version; tries += 1) {
      status.say("busy", `Version ${version} is being loaded, and serves in a moment.`);
      await pause(1000, client.signal);
      await refresh();
    }
    if (serving()?.version === version) {
      status.say("good", `Version ${version} serves now.`);
    } else {
      status.say("bad", `Version ${version} was promoted and does not serve so far; the log of the service says more.`);
    }
  }

  function serving() {
    return versions.find((version) => version.serving);
  }

  return { element, refresh, promote, serving, awaitServing };
}

/** @param {number} version @param {number | undefined} serving @param {boolean} back */
function question(version, serving, back) {
  const answers = `From then on, every answer is version ${version}'s.`;
  return {
    title: back ? `Roll back to version ${version}?` : `Let version ${version} serve?`,
    words: `It is loaded and tried out beside version ${serving ?? "–"} first, which takes a few seconds. ${answers}`,
    yes: back ? "Roll back" : "Let it serve",
  };
}

/**
 * @param {import("./client.js").AdminClient} client
 * @param {any} version
 * @param {Record<string, string>} names of labels
 * @param {(version: number) => void} promote
 */
function card(client, version, names, promote) {
  const text = version.previous ? `Roll back to version ${version.version}` : `Let version ${version.version} serve`;
  return el(
    "li",
    { class: "version", value: version.version, "data-serving": version.serving },
    el(
      "div",
      { class: "version-name" },
      el("h3", {}, `Version ${version.version}`),
      version.serving && el("span", { class: "badge good" }, "serves"),
      version.previous && el("span", { class: "badge" }, "served before"),
    ),
    version.problem ? el("p", { class: "problem" }, version.problem) : facts(version, names),
    el(
      "div",
      { class: "actions" },
      version.report && reportLink(client, version.version),
      !version.serving && !version.problem && button(text, () => promote(version.version)),
    ),
  );
}

/** @param {any} version @param {Record<string, string>} names of labels */
function facts(version, names) {
  const shown = FIGURES.filter(([name]) => typeof version.metrics?.[name] === "number");
  const labels = (version.labels ?? []).map((/** @type {string} */ label) => names[label] ?? label);
  const preset = version.preset ? `preset ${version.preset}` : "imported";
  return el(
    "div",
    { class: "version-facts" },
    el(
      "dl",
      { class: "figures" },
      ...shown.map(([name, words, write, meaning]) =>
        el("div", { title: meaning }, el("dt", {}, words), el("dd", {}, write(version.metrics[name]))),
      ),
    ),
    el("p", { class: "hint" }, `${listed(labels)} · ${preset} · ${moment(version.created_at)}`),
    version.verdict && el("p", { class: "version-verdict" }, version.verdict),
  );
}
