/**
 * The word that is looked at, in whichever panel; the panels light what it reaches.
 */

export class Look {
  /** @type {((token: number) => void)[]} */
  #listeners = [];
  #pinned = -1;

  /** @param {(token: number) => void} listener told the index of the token; -1 for none */
  onToken(listener) {
    this.#listeners.push(listener);
  }

  /** For as long as the pointer is there. @param {number} token */
  at(token) {
    this.#listeners.forEach((listener) => listener(token));
  }

  /** Until another is. @param {number} token */
  pin(token) {
    this.#pinned = token;
    this.at(token);
  }

  /** To the one that is pinned. */
  back() {
    this.at(this.#pinned);
  }

  get pinned() {
    return this.#pinned;
  }
}
