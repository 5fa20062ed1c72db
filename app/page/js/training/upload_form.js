/**
 * A file for training: chosen, named, sent, and what the service found in it.
 */

import { el } from "../dom.js";
import { freshId } from "./dom.js";
import { bytes, count, listed, sentence, several } from "./format.js";
import { StatusLine } from "./status_line.js";
import { upload } from "./upload.js";

const TYPES = ".csv,.tsv,.txt,.jsonl,.ndjson,.json,.parquet,.gz";
const NAME = "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {(name: string) => Promise<void>} onKept
 */
export function uploadForm(client, onKept) {
  const status = new StatusLine();
  const ids = { file: freshId("file"), name: freshId("name"), text: freshId("text-column"), label: freshId("label-column") };
  const file = el("input", { id: ids.file, type: "file", accept: TYPES, required: true, change: suggestName });
  const name = el("input", {
    id: ids.name,
    required: true,
    pattern: NAME,
    maxlength: 64,
    autocomplete: "off",
    spellcheck: "false",
    title: "1 to 64 letters, digits, dots, dashes and underscores, the first a letter or a digit",
  });
  const text = el("input", { id: ids.text, placeholder: "text", autocomplete: "off", spellcheck: "false" });
  const label = el("input", { id: ids.label, placeholder: "label, author, class…", autocomplete: "off", spellcheck: "false" });
  const bar = el("progress", { max: 1, "aria-label": "How much of the file has gone", hidden: true });
  const submit = el("button", { type: "submit", class: "primary" }, "Upload");
  const form = el(
    "form",
    { class: "upload", submit: onSubmit },
    el(
      "div",
      { class: "fields" },
      field(ids.file, "File", file, "CSV, TSV or JSON Lines in UTF-8, also as .gz, or Parquet"),
      field(ids.name, "Name", name, "A name that is there gets newer content"),
    ),
    el(
      "details",
      {},
      el("summary", {}, "The columns have other names"),
      el(
        "div",
        { class: "fields" },
        field(ids.text, "Column of the text", text),
        field(ids.label, "Column of the label", label),
      ),
    ),
    el("div", { class: "actions" }, submit),
    bar,
    status.element,
  );

  function suggestName() {
    const [first = ""] = (file.files[0]?.name ?? "").split(".");
    name.value = first.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
    status.clear();
  }

  /** @param {number} share */
  function onProgress(share) {
    bar.value = share;
    if (share >= 1) {
      bar.removeAttribute("value");
      status.say("busy", "The service checks the file…");
    }
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const sent = file.files[0];
    submit.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    status.say("busy", `${sent.name} (${bytes(sent.size)}) is on its way…`);
    try {
      const { created, facts } = await upload(client, pathOf(name.value, text.value, label.value), sent, onProgress);
      status.say("good", kept(facts, created), found(facts));
      form.reset();
      await onKept(facts.name);
    } catch (error) {
      if (!client.signal.aborted) {
        refuse(error);
      }
    } finally {
      submit.disabled = false;
      bar.hidden = true;
    }
  }

  /** @param {any} error */
  function refuse(error) {
    status.say("bad", error.message, (error.reasons ?? []).map(sentence));
    if ((error.reasons ?? []).some((/** @type {string} */ reason) => reason.includes("column"))) {
      form.querySelector("details").open = true;
    }
  }

  return form;
}

/** @param {string} id @param {string} words @param {Element} input @param {string} [hint] */
function field(id, words, input, hint) {
  if (hint) {
    input.setAttribute("aria-describedby", `${id}-hint`);
  }
  const help = hint && el("span", { class: "hint", id: `${id}-hint` }, hint);
  return el("div", { class: "field" }, el("label", { for: id }, words), input, help);
}

/** @param {string} name @param {string} text @param {string} label */
function pathOf(name, text, label) {
  const columns = Object.entries({ text_column: text, label_column: label }).filter(([, column]) => column !== "");
  const query = new URLSearchParams(columns).toString();
  return `datasets/${encodeURIComponent(name)}${query && "?"}${query}`;
}

/** @param {any} facts @param {boolean} created */
function kept(facts, created) {
  const labels = Object.keys(facts.labels);
  const rows = `${several(facts.rows, "row")} to learn from, with ${several(labels.length, "label")}: ${listed(labels)}.`;
  return created ? `${facts.name} is kept. It has ${rows}` : `${facts.name} had this content already: ${rows}`;
}

/** What was in the file, a sentence each. @param {any} facts */
function found(facts) {
  const left = facts.rows_read - facts.rows;
  const read =
    left === 0
      ? `All ${count(facts.rows_read)} rows of the file are of use.`
      : `Of ${count(facts.rows_read)} rows in the file, ${count(left)} ${left === 1 ? "was" : "were"} left out.`;
  const doubles = `Texts that were there more than once: ${count(facts.duplicates)}.`;
  const columns = `The text is in column “${facts.text_column}”, the label in “${facts.label_column}”.`;
  const rejected = facts.rejected.map((/** @type {any} */ rows) => sentence(rows.message));
  return [read, ...(facts.duplicates > 0 ? [doubles] : []), columns, ...rejected];
}
