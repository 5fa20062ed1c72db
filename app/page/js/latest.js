/**
 * Ask for the newest of what is wanted: after a pause in the typing, with what is out of date dropped.
 */

export class Latest {
  #timer = 0;
  /** @type {AbortController | null} */
  #asking = null;

  /**
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} ask
   * @param {(answer: T) => void} onAnswer
   * @param {(error: Error) => void} onError
   */
  constructor(ask, onAnswer, onError) {
    this.ask = ask;
    this.onAnswer = onAnswer;
    this.onError = onError;
  }

  /** Forget what is under way, and ask anew. @param {number} afterMs */
  want(afterMs) {
    this.drop();
    this.#timer = window.setTimeout(() => this.#begin(), afterMs);
  }

  /** Forget what is under way. */
  drop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  async #begin() {
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const answer = await this.ask(asking.signal);
      if (!asking.signal.aborted) {
        this.onAnswer(answer);
      }
    } catch (error) {
      if (!asking.signal.aborted) {
        this.onError(/** @type {Error} */ (error));
      }
    }
  }
}
