/**
 * What to train, and what shall become of it.
 */

import { el } from "../dom.js";
import { freshId } from "./dom.js";
import { listed, sentence } from "./format.js";
import { StatusLine } from "./status_line.js";

const PROMOTE = [
  ["if_better", "If it is better", "than the version that serves, on the same held-out rows and beyond chance"],
  ["always", "Always", "whatever the comparison says"],
  ["never", "Never", "it is kept, and you decide"],
];

/**
 * @param {import("./client.js").AdminClient} client
 * @param {() => any} serving the version that serves
 * @param {(job: any) => void} onStarted
 */
export function trainForm(client, serving, onStarted) {
  const status = new StatusLine();
  const ids = { dataset: freshId("dataset"), preset: freshId("preset"), epochs: freshId("epochs") };
  const dataset = el("select", { id: ids.dataset, required: true, change: showLabels });
  const preset = el("select", { id: ids.preset, "aria-describedby": `${ids.preset}-hint`, change: showPreset });
  const presetHint = el("span", { class: "hint", id: `${ids.preset}-hint` });
  const epochs = el("input", { id: ids.epochs, type: "number", step: 1, "aria-describedby": `${ids.epochs}-hint` });
  const epochsHint = el("span", { class: "hint", id: `${ids.epochs}-hint` });
  const feedback = el("input", { type: "checkbox" });
  const change = el("input", { type: "checkbox" });
  const changeHint = el("span", { class: "hint" });
  const changeField = el("label", { class: "choice", hidden: true }, change, el("span", {}, "Serve it although its labels differ", changeHint));
  const submit = el("button", { type: "submit", class: "primary", disabled: true }, "Start training");
  const form = el(
    "form",
    { submit: onSubmit },
    el("div", { class: "field" }, el("label", { for: ids.dataset }, "Data set"), dataset),
    el(
      "div",
      { class: "fields" },
      el("div", { class: "field" }, el("label", { for: ids.preset }, "Preset"), preset, presetHint),
      el("div", { class: "field" }, el("label", { for: ids.epochs }, "Epochs, at most"), epochs, epochsHint),
    ),
    el("fieldset", { class: "choices", change: showLabels }, el("legend", {}, "Let the new version serve"), ...PROMOTE.map(policy)),
    changeField,
    el(
      "label",
      { class: "choice" },
      feedback,
      el("span", {}, "Include feedback", el("span", { class: "hint" }, "Corrected labels that clients sent join the training rows")),
    ),
    el("div", { class: "actions" }, submit),
    status.element,
  );
  /** @type {any} */
  let options = null;
  /** @type {any[]} */
  let datasets = [];

  async function refresh() {
    options = await client.get("retrain/options");
    const { training, presets, limits, defaults } = options;
    if (!training.available) {
      status.say("bad", training.reason ?? "This service cannot train.");
      return;
    }
    preset.replaceChildren(...presets.map((/** @type {any} */ each) => el("option", { value: each.name }, each.name)));
    preset.value = defaults.preset;
    [epochs.min, epochs.max] = limits.epochs;
    feedback.checked = defaults.include_feedback;
    form.elements.promote.value = defaults.promote;
    showPreset();
    showLabels();
  }

  function showPreset() {
    const chosen = options.presets.find((/** @type {any} */ each) => each.name === preset.value);
    presetHint.textContent = sentence(chosen.summary);
    epochs.placeholder = String(chosen.epochs);
    epochsHint.textContent = `${epochs.min} to ${epochs.max}; left empty, ${chosen.epochs}. It may stop earlier.`;
  }

  /** A version with other labels cannot be compared; whether it may serve all the same is to be said. */
  function showLabels() {
    const chosen = datasets.find((each) => each.name === dataset.value);
    const [ours, theirs] = [Object.keys(chosen?.labels ?? {}).sort(), [...(serving()?.labels ?? [])].sort()];
    const differ = ours.length > 0 && theirs.length > 0 && ours.join("\n") !== theirs.join("\n");
    changeField.hidden = !(differ && form.elements.promote.value === "if_better");
    changeHint.textContent =
      `${dataset.value} has ${listed(ours)}, and the version that serves ${listed(theirs)}: the two cannot be compared. ` +
      "Clients would get other labels from one answer to the next.";
    submit.disabled = !(chosen && options?.training.available);
  }

  /** @param {any[]} found @param {string} [chosen] */
  function setDatasets(found, chosen) {
    const before = chosen ?? dataset.value;
    datasets = found;
    dataset.replaceChildren(...found.map((each) => el("option", { value: each.name }, each.name)));
    if (found.some((each) => each.name === before)) {
      dataset.value = before;
    }
    showLabels();
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const order = {
      dataset: dataset.value,
      preset: preset.value,
      include_feedback: feedback.checked,
      promote: form.elements.promote.value,
      allow_label_change: !changeField.hidden && change.checked,
      ...(epochs.value === "" ? {} : { epochs: epochs.valueAsNumber }),
    };
    submit.disabled = true;
    status.say("busy", "Asking for the training…");
    try {
      const headers = { "Idempotency-Key": `"${freshKey()}"` };
      const { content } = await client.send("POST", "retrain", { json: order, headers });
      status.clear();
      onStarted(content);
    } catch (error) {
      if (!client.signal.aborted) {
        status.fail(error);
      }
    } finally {
      submit.disabled = false;
    }
  }

  const element = el(
    "section",
    { class: "panel card half", "aria-labelledby": "training-start" },
    el("h2", { id: "training-start" }, "Train a new version"),
    el("p", { class: "lede" }, "It is trained beside the version that serves, which goes on answering."),
    form,
  );
  return { element, refresh, setDatasets, showLabels };
}

/** @param {string[]} choice */
function policy([value, words, meaning]) {
  return el(
    "label",
    { class: "choice" },
    el("input", { type: "radio", name: "promote", value }),
    el("span", {}, words, el("span", { class: "hint" }, meaning)),
  );
}

/** New for each click, so that a request sent again is the same training. (randomUUID is for secure origins alone.) */
function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
