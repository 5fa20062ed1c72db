/**
 * Trainings in words.
 */

import { duration, moment, sentence, several } from "./format.js";

/** @type {Record<string, string>} */
export const STATES = {
  queued: "waiting",
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
};

/** @type {Record<string, string>} */
const POLICIES = {
  if_better: "It serves if it is better.",
  always: "It serves in any case.",
  never: "It is kept and does not serve by itself.",
};

/** @param {any} order */
export function orderInWords({ dataset, preset, epochs, include_feedback: feedback, promote }) {
  const data = feedback ? `${dataset.name} and feedback` : dataset.name;
  return `On ${data}, with preset ${preset} and at most ${several(epochs, "epoch")}. ${POLICIES[promote] ?? ""}`;
}

/** @param {any} progress */
export function stageInWords({ stage, epoch, of, batch, batches, seconds_left: left }) {
  const place = batches === undefined ? "" : `, batch ${batch} of ${batches}`;
  const words = epoch === undefined ? sentence(stage ?? "It begins") : `Epoch ${epoch} of at most ${of}${place}.`;
  return left === undefined || left < 1 ? words : `${words} About ${duration(left)} left.`;
}

/** @param {any} job that has ended @param {{epoch: number}[]} epochs */
export function endInWords(job, epochs) {
  const taken = job.started_at && job.finished_at && (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
  const after = taken ? ` after ${duration(taken)}` : "";
  if (job.state === "failed") {
    return `The training failed${after}. ${sentence(job.error ?? "")}`;
  }
  if (job.state === "cancelled") {
    return `The training was cancelled${after}. Nothing has changed.`;
  }
  const last = epochs.at(-1)?.epoch;
  const ran = last === undefined ? "" : ` It ran ${several(last, "epoch")}.`;
  return `The training succeeded${after}.${ran}`;
}

/** What a training said of its file, without the long name under which the service keeps it. @param {string} words */
export function saidInWords(words) {
  return sentence(words.replace(/^[0-9a-f]{64}\.[a-z.]+: /, ""));
}

/** What came of it, in a line. @param {any} job */
export function outcomeInWords(job) {
  if (job.error) {
    return sentence(job.error);
  }
  if (job.result) {
    return `Version ${job.result.version}, ${job.result.promoted ? "put in service" : "not put in service"}`;
  }
  return "";
}

/** @param {any} job */
export function whenInWords(job) {
  return moment(job.finished_at ?? job.started_at ?? job.created_at);
}
