/**
 * Data sets: those that are there, and one more.
 */

import { el } from "../dom.js";
import { confirm } from "./confirm.js";
import { button, keepFocus } from "./dom.js";
import { bytes, count, moment, several } from "./format.js";
import { labelCounts } from "./label_counts.js";
import { StatusLine } from "./status_line.js";
import { uploadForm } from "./upload_form.js";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {(datasets: any[], chosen?: string) => void} onChange
 */
export function datasetsPanel(client, onChange) {
  const status = new StatusLine();
  const heading = el("h2", { id: "training-datasets", tabindex: -1 }, "Data sets");
  const list = el("ul", { class: "datasets" });
  const empty = el("p", { class: "hint", hidden: true }, "There is none yet. Upload a file with texts and their labels.");
  const element = el(
    "section",
    { class: "panel card half", "aria-labelledby": "training-datasets" },
    heading,
    el("p", { class: "lede" }, "Texts with labels, to train on. The file is checked before it is kept."),
    uploadForm(client, refresh),
    status.element,
    empty,
    list,
  );

  /** @param {string} [chosen] the data set that has just come */
  async function refresh(chosen) {
    const { datasets } = await client.get("datasets");
    empty.hidden = datasets.length > 0;
    list.replaceChildren(...datasets.map((/** @type {any} */ dataset) => item(dataset, remove)));
    onChange(datasets, chosen);
  }

  /** @param {any} dataset */
  async function remove(dataset) {
    const contents = dataset.versions > 1 ? `All ${dataset.versions} contents that came under this name go` : "It goes";
    const sure = await confirm({
      title: `Delete data set ${dataset.name}?`,
      words: `${contents} for good. Versions that were trained on it stay.`,
      yes: "Delete",
      risky: true,
    });
    if (!sure) {
      return;
    }
    try {
      await client.send("DELETE", `datasets/${encodeURIComponent(dataset.name)}`);
      status.say("good", `Data set ${dataset.name} is deleted.`);
    } catch (error) {
      if (client.signal.aborted) {
        return;
      }
      status.fail(error);
    }
    await refresh();
    keepFocus(heading); // the pressed button is gone
  }

  return { element, refresh };
}

/** @param {any} dataset @param {(dataset: any) => void} remove */
function item(dataset, remove) {
  const contents = dataset.versions > 1 ? ` · the newest of ${count(dataset.versions)} contents` : "";
  const origin = `${dataset.format}, ${bytes(dataset.size_bytes)} · ${moment(dataset.uploaded_at)}${contents}`;
  return el(
    "li",
    { class: "dataset" },
    el(
      "div",
      { class: "dataset-name" },
      el("h3", {}, dataset.name),
      el("span", { class: "rows" }, several(dataset.rows, "row")),
    ),
    labelCounts(dataset.labels),
    el(
      "div",
      { class: "dataset-foot" },
      el("p", { class: "hint" }, origin),
      button("Delete", () => remove(dataset), { "aria-label": `Delete data set ${dataset.name}` }),
    ),
  );
}
