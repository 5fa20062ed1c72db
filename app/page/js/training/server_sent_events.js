/**
 * Server-sent events out of a stream of text, as the HTML standard (9.2.6) reads them. Browsers' own EventSource
 * cannot send a key in a header. Knows nothing of connections.
 */

/**
 * @typedef {object} ServerSentEvent
 * @property {string} kind
 * @property {string} id of the last event that had one
 * @property {string} data
 */

/** Takes text as it comes, in pieces of any length. */
export class EventParser {
  #rest = "";
  #kind = "";
  #id = "";
  /** @type {string[]} */
  #data = [];

  /**
   * The events that end in this piece.
   * @param {string} text
   * @returns {ServerSentEvent[]}
   */
  push(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  /** @param {string} line @returns {ServerSentEvent[]} */
  #line(line) {
    if (line === "") {
      return this.#end();
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") {
      this.#kind = value;
    } else if (field === "data") {
      this.#data.push(value);
    } else if (field === "id") {
      this.#id = value;
    }
    return [];
  }

  /** @returns {ServerSentEvent[]} */
  #end() {
    const event = { kind: this.#kind || "message", id: this.#id, data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#kind = "";
    this.#data = [];
    return empty ? [] : [event];
  }
}
