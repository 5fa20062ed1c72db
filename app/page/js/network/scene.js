/**
 * What the panels ask of an answer with all its numbers: which word stands where, and what a word reaches.
 */

const PADDING = "·";
const IDLE = new Set(["Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout"]);

export class Scene {
  /** @param {any} answer of `POST /explain` with `detail=full` */
  constructor(answer) {
    this.answer = answer;
    this.layers = answer.layers;
    /** @type {number[]} index of the token at each position of the window; -1 for padding */
    const last = Math.max(-1, ...answer.tokens.map((/** @type {any} */ token) => token.position ?? -1));
    this.tokenAt = Array(this.layers[0]?.shape[0] ?? last + 1).fill(-1);
    answer.tokens.forEach((/** @type {any} */ token, /** @type {number} */ index) => {
      if (token.position !== null) {
        this.tokenAt[token.position] = index;
      }
    });
    const seeing = this.layers.filter((/** @type {any} */ layer) => !IDLE.has(layer.kind));
    const [input, embedding, convolution] = seeing;
    const fits = input?.kind === "InputLayer" && embedding?.kind === "Embedding" && convolution?.kind === "Conv1D";
    /** The convolution over the words themselves, and how many words each of its windows holds. */
    this.convolution = fits && embedding.shape.length === 2 ? convolution : null;
    this.width = this.convolution ? widthOf(convolution, embedding) : 0;
    if (!this.width) {
      this.convolution = null;
    }
    const next = this.convolution ? seeing[3] : null;
    /** The pooling of that convolution, where the answer says what it kept. */
    this.pooling = next?.positions ? next : null;
    const reader = this.pooling ? seeing[4] : null;
    /** The LSTM that reads the pooled steps. */
    this.reader = reader?.states ? reader : null;
  }

  /** What a label is called. @param {string} label @returns {string} */
  name(label) {
    return this.answer.label_names[label] ?? label;
  }

  /** The word at a position, or a dot for padding. @param {number} position @returns {string} */
  word(position) {
    const token = this.answer.tokens[this.tokenAt[position]];
    return token ? token.word : PADDING;
  }

  /** @param {number} position */
  isPadding(position) {
    return this.tokenAt[position] === -1;
  }

  /** Positions that a window of the convolution holds. @param {number} window */
  positionsOf(window) {
    return Array.from({ length: this.width }, (_, offset) => window + offset);
  }

  /** Words of a window, dots for padding. @param {number} window */
  windowWords(window) {
    return this.positionsOf(window).map((position) => this.word(position)).join(" ");
  }

  /** @param {number} window */
  isEmpty(window) {
    return this.positionsOf(window).every((position) => this.isPadding(position));
  }

  /** Windows that hold a token's position. @param {number} token @returns {Set<number>} */
  windowsOf(token) {
    const position = this.answer.tokens[token]?.position ?? null;
    const found = new Set();
    if (position !== null && this.convolution) {
      for (let window = position - this.width + 1; window <= position; window += 1) {
        if (window >= 0 && window < this.convolution.shape[0]) {
          found.add(window);
        }
      }
    }
    return found;
  }

  /** The windows of which a step of the pooling takes the largest. @param {number} step @returns {[number, number]} */
  windowsOfStep(step) {
    const size = this.poolSize;
    return [step * size, (step + 1) * size - 1];
  }

  /** How many windows a step of the pooling looks at; 0 where they do not lie side by side. */
  get poolSize() {
    if (!this.pooling || !this.convolution) {
      return 0;
    }
    const size = Math.floor(this.convolution.shape[0] / this.pooling.shape[0]);
    const inOrder = this.pooling.positions.every((/** @type {number[]} */ row, /** @type {number} */ step) =>
      row.every((window) => Math.floor(window / size) === step),
    );
    return inOrder ? size : 0;
  }

  /** The words that a step of the pooling can see. @param {number} step */
  stepWords(step) {
    const [first, last] = this.windowsOfStep(step);
    const positions = Array.from({ length: last - first + this.width }, (_, offset) => first + offset);
    const words = positions.filter((position) => !this.isPadding(position)).map((position) => this.word(position));
    return words.length ? words.join(" ") : PADDING;
  }
}

/** Words in a window, from the shapes; 0 where the convolution is padded, strided or dilated. */
function widthOf(/** @type {any} */ convolution, /** @type {any} */ embedding) {
  const width = embedding.shape[0] - convolution.shape[0] + 1;
  const weights = width * embedding.shape[1] * convolution.shape[1];
  return [weights, weights + convolution.shape[1]].includes(convolution.parameters) ? width : 0;
}
