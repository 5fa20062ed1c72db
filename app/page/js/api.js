/**
 * The service as anybody uses it: relative addresses, errors in words, and patience while it is away or busy.
 */

const PAUSES_S = [0.5, 1, 2, 4];
const MAY_PASS = [429, 502, 503, 504];

/** The service answered that it cannot or will not. */
export class ServiceError extends Error {
  /**
   * @param {number} status
   * @param {{title?: string, detail?: string, errors?: {field: string, message: string}[]}} problem
   */
  constructor(status, problem) {
    const reasons = (problem.errors ?? []).map((error) => error.message);
    super(reasons.join(" ") || problem.detail || problem.title || `The service answered ${status}.`);
    this.status = status;
  }
}

/**
 * @typedef {object} Answer
 * @property {any} content
 * @property {number} milliseconds from the request to the whole answer
 */

export class Api {
  #key = "";
  /** @type {Promise<void> | null} */
  #keyGiven = null;

  /**
   * @param {(words: string) => void} onNotice what to tell about the connection; nothing once it is well again
   * @param {() => Promise<string>} askForKey asks people for a client key
   */
  constructor(onNotice, askForKey) {
    this.onNotice = onNotice;
    this.askForKey = askForKey;
  }

  /** What serves. @param {AbortSignal} [signal] */
  model(signal) {
    return this.#insist("model", { signal });
  }

  /**
   * What the network did with a text.
   * @param {string} text
   * @param {{label?: string | null, detail: "full" | "summary", signal?: AbortSignal}} options
   * @returns {Promise<Answer>}
   */
  explain(text, { label, detail, signal }) {
    const body = JSON.stringify(label ? { text, label } : { text });
    const headers = { "Content-Type": "application/json" };
    return this.#insist(`explain?detail=${detail}`, { method: "POST", body, headers, signal });
  }

  /**
   * Ask until there is an answer, or one that no patience will change.
   * @param {string} path relative to the page
   * @param {RequestInit} options
   * @returns {Promise<Answer>}
   */
  async #insist(path, options) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.#once(path, options);
        this.onNotice("");
        return answer;
      } catch (error) {
        if (error instanceof ServiceError && error.status === 401) {
          await this.#askOnce();
        } else if (options.signal?.aborted || (error instanceof ServiceError && !MAY_PASS.includes(error.status))) {
          throw error;
        } else {
          this.onNotice(`${wordsFor(error)} Trying again…`);
          await pause(1000 * PAUSES_S[Math.min(attempt, PAUSES_S.length - 1)], options.signal);
        }
      }
    }
  }

  /** @param {string} path @param {RequestInit} options @returns {Promise<Answer>} */
  async #once(path, options) {
    const began = performance.now();
    const headers = { ...options.headers, ...(this.#key ? { "X-API-Key": this.#key } : {}) };
    const response = await fetch(path, { cache: "no-store", ...options, headers });
    const content = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new ServiceError(response.status, content);
    }
    return { content, milliseconds: performance.now() - began };
  }

  /** One question, however many requests wait for its answer. */
  #askOnce() {
    this.#keyGiven ??= this.askForKey().then((key) => {
      this.#key = key;
      this.#keyGiven = null;
    });
    return this.#keyGiven;
  }
}

/** @param {unknown} error */
function wordsFor(error) {
  return error instanceof ServiceError ? error.message : "The service does not answer. Is it running?";
}

/** @param {number} milliseconds @param {AbortSignal | null} [signal] @returns {Promise<void>} */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
