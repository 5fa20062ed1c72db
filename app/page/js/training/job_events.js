/**
 * What happens to a job, from its first event to its last, however often the connection is lost meanwhile.
 */

import { mayPass } from "./client.js";
import { EventParser } from "./server_sent_events.js";

export const FINAL = ["succeeded", "failed", "cancelled"];

/**
 * @typedef {object} JobEvent
 * @property {"state" | "progress" | "epoch" | "note" | "warning"} kind
 * @property {any} data
 */

/**
 * @param {import("./client.js").AdminClient} client
 * @param {string} jobId
 * @param {AbortSignal} signal ends it
 * @returns {AsyncGenerator<JobEvent>}
 */
export async function* jobEvents(client, jobId, signal) {
  let last = "";
  for (let attempt = 0; ; attempt += 1) {
    try {
      for await (const event of connection(client, jobId, last, signal)) {
        attempt = 0;
        last = event.id;
        const data = JSON.parse(event.data);
        yield { kind: /** @type {JobEvent["kind"]} */ (event.kind), data };
        if (event.kind === "state" && FINAL.includes(data.state)) {
          return;
        }
      }
    } catch (error) {
      if (error === OVER) {
        return;
      }
      if (signal.aborted || !(mayPass(error) || error instanceof TypeError)) {
        throw error; // a stream that breaks off is a TypeError
      }
    }
    client.onNotice("The connection is lost. Connecting again…");
    await client.pause(attempt, signal);
  }
}

const OVER = Symbol("nothing comes after the last event that was seen");

/**
 * @param {import("./client.js").AdminClient} client
 * @param {string} jobId @param {string} last @param {AbortSignal} signal
 */
async function* connection(client, jobId, last, signal) {
  const headers = last ? { "Last-Event-ID": last } : undefined;
  const response = await client.once(`jobs/${jobId}/events`, { headers, signal });
  if (response.status === 204 || response.body === null) {
    throw OVER;
  }
  client.onNotice("");
  const parser = new EventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      yield* parser.push(piece.value);
    }
  } finally {
    reader.cancel().catch(() => {}); // where it broke off there is nothing left to cancel
  }
}
