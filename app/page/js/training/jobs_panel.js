/**
 * The trainings that there were, the newest first.
 */

import { el } from "../dom.js";
import { button } from "./dom.js";
import { FINAL } from "./job_events.js";
import { outcomeInWords, STATES, whenInWords } from "./job_words.js";

const PAGE = 10;

/**
 * @param {import("./client.js").AdminClient} client
 * @param {(job: any) => void} show
 */
export function jobsPanel(client, show) {
  const list = el("ul", { class: "jobs" });
  const empty = el("p", { class: "hint", hidden: true }, "There was none yet.");
  const more = button("Earlier ones", () => append(), { hidden: true });
  const element = el(
    "section",
    { class: "panel card", "aria-labelledby": "training-jobs" },
    el("h2", { id: "training-jobs" }, "Trainings so far"),
    empty,
    list,
    el("div", { class: "actions" }, more),
  );
  /** @type {string | null} */
  let next = null;

  /** The newest; the first that is not over, if there is one. */
  async function refresh() {
    const page = await client.get(`jobs?limit=${PAGE}`);
    list.replaceChildren(...page.jobs.map(item));
    empty.hidden = page.jobs.length > 0;
    setNext(page.next);
    return page.jobs.findLast((/** @type {any} */ job) => !FINAL.includes(job.state));
  }

  async function append() {
    const page = await client.get(`jobs?limit=${PAGE}&before=${next}`);
    list.append(...page.jobs.map(item));
    setNext(page.next);
  }

  /** @param {string | null} id */
  function setNext(id) {
    next = id;
    more.hidden = id === null;
  }

  /** @param {any} job */
  function item(job) {
    const when = whenInWords(job);
    return el(
      "li",
      { class: "job-line" },
      el("span", { class: "badge", "data-state": job.state }, STATES[job.state]),
      el("span", { class: "job-what" }, el("strong", {}, job.order.dataset.name), el("span", { class: "hint" }, when)),
      el("span", { class: "job-outcome" }, outcomeInWords(job)),
      button("Show", () => show(job), { "aria-label": `Show the training on ${job.order.dataset.name} of ${when}` }),
    );
  }

  return { element, refresh };
}
