/**
 * One training, as it happens or as it was: how far it is, its loss curves, how it ended, and its verdict.
 */

import { el } from "../dom.js";
import { confirm } from "./confirm.js";
import { button } from "./dom.js";
import { FINAL, jobEvents } from "./job_events.js";
import { endInWords, orderInWords, saidInWords, stageInWords, STATES } from "./job_words.js";
import { LossChart } from "./loss_chart.js";
import { StatusLine } from "./status_line.js";
import { verdict } from "./verdict.js";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {(version: number) => void} promote
 * @param {(job: any) => void} onState a job that is shown came into another state
 */
export function jobPanel(client, promote, onState) {
  const heading = el("h2", { id: "training-job", tabindex: -1 }, "Training");
  const element = el("section", { class: "panel card job", "aria-labelledby": "training-job", hidden: true });
  let watching = new AbortController();
  let shown = "";

  /** @param {any} job @param {{focus?: boolean}} [how] */
  function show(job, { focus = false } = {}) {
    watching.abort();
    watching = new AbortController();
    shown = job.id;
    const signal = AbortSignal.any([watching.signal, client.signal]);
    const view = new JobView(client, job, promote);
    element.replaceChildren(el("div", { class: "panel-head" }, heading, view.badge), view.element);
    element.hidden = false;
    if (focus) {
      heading.focus({ preventScroll: true });
      element.scrollIntoView({ block: "start" });
    }
    view.follow(signal, onState).catch((error) => {
      if (!signal.aborted) {
        view.status.fail(error);
      }
    });
  }

  return { element, show, shown: () => shown };
}

class JobView {
  /** @param {import("./client.js").AdminClient} client @param {any} job @param {(version: number) => void} promote */
  constructor(client, job, promote) {
    this.client = client;
    this.job = job;
    this.promote = promote;
    /** @type {import("./loss_chart.js").Epoch[]} */
    this.epochs = [];
    this.badge = el("span", { class: "badge", role: "status" });
    this.status = new StatusLine();
    this.chart = new LossChart();
    this.bar = el("progress", { max: 1, "aria-label": "How far the training is", hidden: true });
    this.stage = el("p", { class: "stage" });
    this.cancel = button("Cancel the training", () => this.askToCancel());
    this.said = el("ul", { class: "said" });
    this.messages = el("details", { class: "messages", hidden: true }, el("summary", {}, "What the training said"), this.said);
    this.outcome = el("div", { class: "outcome" });
    this.element = el(
      "div",
      {},
      el("p", { class: "lede" }, orderInWords(job.order)),
      this.bar,
      this.stage,
      this.status.element,
      this.outcome,
      this.chart.element,
      this.messages,
      el("div", { class: "actions" }, this.cancel),
    );
    this.state(job.state);
  }

  /** @param {AbortSignal} signal @param {(job: any) => void} onState */
  async follow(signal, onState) {
    const wasOver = FINAL.includes(this.job.state);
    for await (const { kind, data } of jobEvents(this.client, this.job.id, signal)) {
      if (kind === "state" && !wasOver && !FINAL.includes(data.state)) {
        this.state(data.state);
        onState({ ...this.job, ...data });
      } else if (kind === "progress") {
        this.progress(data);
      } else if (kind === "epoch") {
        this.epochs = [...this.epochs.filter((each) => each.epoch < data.epoch), data]; // a second attempt may go back
        this.chart.show(this.epochs);
      } else if (kind === "note" || kind === "warning") {
        this.messages.hidden = false;
        this.said.append(el("li", { class: kind }, saidInWords(data.message)));
      }
    }
    this.job = await this.client.get(`jobs/${this.job.id}`);
    this.end();
    if (!wasOver) {
      onState(this.job);
    }
  }

  /** @param {string} state */
  state(state) {
    const over = FINAL.includes(state);
    this.badge.textContent = STATES[state];
    this.badge.dataset.state = state;
    this.cancel.hidden = over;
    this.bar.hidden = over;
    this.stage.hidden = over;
    if (state === "queued") {
      this.bar.removeAttribute("value");
      this.status.say("busy", "It waits for the worker, which trains one version at a time.");
    } else if (state === "running") {
      this.status.clear();
    }
  }

  /** @param {any} progress */
  progress(progress) {
    const { epoch, of, batch = 0, batches = 1 } = progress;
    this.stage.textContent = stageInWords(progress);
    if (epoch === undefined) {
      this.bar.removeAttribute("value");
    } else {
      this.bar.value = (epoch - 1 + batch / batches) / of;
    }
  }

  end() {
    this.state(this.job.state);
    this.status.say(this.job.state === "succeeded" ? "good" : "bad", endInWords(this.job, this.epochs));
    if (this.job.state === "cancelled") {
      this.status.say("plain", endInWords(this.job, this.epochs));
    }
    if (this.job.result) {
      this.outcome.replaceChildren(verdict(this.client, this.job, this.promote));
    }
  }

  async askToCancel() {
    const sure = await confirm({
      title: "Cancel this training?",
      words: "What it has learnt so far is lost. The version that serves stays as it is.",
      yes: "Cancel the training",
      no: "Let it go on",
      risky: true,
    });
    if (!sure) {
      return;
    }
    try {
      const { status } = await this.client.send("DELETE", `jobs/${this.job.id}`);
      if (status === 202) {
        this.cancel.hidden = true;
        this.status.say("busy", "It was asked to end, and does so within ten seconds.");
      }
    } catch (error) {
      if (!this.client.signal.aborted) {
        this.status.fail(error);
      }
    }
  }
}
