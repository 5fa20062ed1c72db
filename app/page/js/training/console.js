/**
 * Everything that an admin key opens: the panels, and how they hear of each other.
 */

import { el } from "../dom.js";
import { datasetsPanel } from "./datasets_panel.js";
import { FINAL } from "./job_events.js";
import { jobPanel } from "./job_panel.js";
import { jobsPanel } from "./jobs_panel.js";
import { trainForm } from "./train_form.js";
import { versionsPanel } from "./versions_panel.js";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {import("../subject.js").Subject} subject
 */
export function openConsole(client, subject) {
  const versions = versionsPanel(client, subject, () => form.showLabels());
  const form = trainForm(client, versions.serving, onStarted);
  const datasets = datasetsPanel(client, form.setDatasets);
  const live = jobPanel(client, versions.promote, onState);
  const jobs = jobsPanel(client, (job) => live.show(job, { focus: true }));

  /** @param {any} job */
  function onStarted(job) {
    live.show(job, { focus: true });
    told(jobs.refresh());
  }

  /** @param {any} job */
  function onState(job) {
    told(jobs.refresh());
    if (FINAL.includes(job.state)) {
      told(follow(job));
    }
  }

  /** @param {any} job that has just ended */
  async function follow(job) {
    await versions.refresh();
    if (job.result?.promoted) {
      await versions.awaitServing(job.result.version);
    }
  }

  async function begin() {
    const [running] = await Promise.all([jobs.refresh(), versions.refresh(), datasets.refresh(), form.refresh()]);
    if (running) {
      live.show(running);
    }
  }

  /** What may have changed while nobody looked: by a shell, or in another window. */
  function refresh() {
    told(Promise.all([versions.refresh(), jobs.refresh()]));
  }

  /** What a panel cannot show is said above all of them. @param {Promise<unknown>} work */
  function told(work) {
    work.catch((error) => client.signal.aborted || client.onNotice(error.message));
  }

  told(begin());
  subject.addEventListener("part", (event) => event.detail === "training" && refresh(), { signal: client.signal });
  subject.addEventListener("model", () => versions.serving()?.version !== subject.model.version && refresh(), { signal: client.signal });
  return el("div", { class: "console" }, versions.element, datasets.element, form.element, live.element, jobs.element);
}
