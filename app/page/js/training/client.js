/**
 * The service as somebody with an admin key uses it: every request carries the key, an error is said in words, and
 * what may be asked twice is asked again while the service is away.
 */

import { pause, ServiceError } from "../api.js";

const PAUSES_S = [1, 2, 4, 8];
const MAY_PASS = [429, 502, 503, 504];

/** The service answered that it cannot or will not; what is wrong in particular is apart. */
export class RefusedError extends ServiceError {
  /**
   * @param {number} status
   * @param {{detail?: string, title?: string, errors?: {field: string, message: string}[]}} problem
   */
  constructor(status, problem) {
    super(status, { detail: problem.detail, title: problem.title });
    this.reasons = (problem.errors ?? []).map((error) => error.message);
  }
}

/** No answer came. */
export class UnreachableError extends Error {
  constructor() {
    super("The service does not answer. Is it running?");
  }
}

export class AdminClient {
  #key;

  /**
   * @param {string} key
   * @param {AbortSignal} signal ends everything that is under way, when the key is forgotten
   * @param {(error: RefusedError) => void} onRefused the key is good no more
   * @param {(words: string) => void} onNotice what to tell people about the connection; nothing once it is well again
   */
  constructor(key, signal, onRefused, onNotice) {
    this.#key = key;
    this.signal = signal;
    this.onRefused = onRefused;
    this.onNotice = onNotice;
  }

  /**
   * Ask for something, for as long as it takes.
   * @param {string} path relative to the page
   * @returns {Promise<any>}
   */
  async get(path) {
    return (await this.#insist(path, {})).json();
  }

  /**
   * Have something done that may be asked for twice: again while no answer comes.
   * @param {string} method @param {string} path
   * @param {{json?: unknown, headers?: Record<string, string>}} [content]
   * @returns {Promise<{status: number, content: any}>}
   */
  async send(method, path, { json, headers = {} } = {}) {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const type = json === undefined ? {} : { "Content-Type": "application/json" };
    const response = await this.#insist(path, { method, body, headers: { ...type, ...headers } });
    return { status: response.status, content: await contentOf(response) };
  }

  /**
   * One request, once. Throws `RefusedError` or `UnreachableError`.
   * @param {string} path @param {RequestInit} options
   */
  async once(path, options) {
    const headers = { ...this.headers(), ...options.headers };
    let response;
    try {
      response = await fetch(path, { signal: this.signal, cache: "no-store", ...options, headers });
    } catch (error) {
      throw this.signal.aborted ? error : new UnreachableError();
    }
    if (!response.ok) {
      throw this.refused(new RefusedError(response.status, await problemOf(response)));
    }
    return response;
  }

  /** What proves who asks. */
  headers() {
    return { "X-API-Key": this.#key };
  }

  /** Tell where it is the key that is not good. @param {RefusedError} error */
  refused(error) {
    if (error.status === 401 || error.status === 403) {
      this.onRefused(error);
    }
    return error;
  }

  /** Wait before trying again; longer each time. @param {number} attempt from 0 */
  pause(attempt, signal = this.signal) {
    return pause(1000 * PAUSES_S[Math.min(attempt, PAUSES_S.length - 1)], signal);
  }

  /** @param {string} path @param {RequestInit} options */
  async #insist(path, options) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await this.once(path, options);
        if (attempt > 0) {
          this.onNotice("");
        }
        return response;
      } catch (error) {
        if (!mayPass(error)) {
          throw error;
        }
        this.onNotice(`${/** @type {Error} */ (error).message} Trying again…`);
        await this.pause(attempt);
      }
    }
  }
}

/** Whether to try again later may help. @param {unknown} error */
export function mayPass(error) {
  return error instanceof UnreachableError || (error instanceof RefusedError && MAY_PASS.includes(error.status));
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/** @param {Response} response */
async function contentOf(response) {
  return response.status === 204 ? null : response.json();
}
