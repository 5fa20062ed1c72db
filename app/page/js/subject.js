/**
 * What all parts of the page look at: one text, the label it is explained for, and the model that answers.
 *
 * Events: `text` (text or label have changed), `model` (another version answers), `part` (another part shows).
 */

export class Subject extends EventTarget {
  text = "";
  /** @type {string | null} the label asked for; null for the likeliest */
  label = null;
  /** @type {{name: string, version: number} | null} */
  model = null;
  /** @type {any} what `GET /model` said first */
  facts = null;

  /** @param {string} text */
  setText(text) {
    if (text !== this.text) {
      this.text = text;
      this.dispatchEvent(new Event("text"));
    }
  }

  /** @param {string | null} label */
  setLabel(label) {
    if (label !== this.label) {
      this.label = label;
      this.dispatchEvent(new Event("text"));
    }
  }

  /** @param {{name: string, version: number}} model whichever answered */
  setModel(model) {
    if (model.name !== this.model?.name || model.version !== this.model?.version) {
      this.model = model;
      this.dispatchEvent(new Event("model"));
    }
  }

  /** @param {any} facts */
  setFacts(facts) {
    this.facts = facts;
    this.setModel({ name: facts.name, version: facts.version });
  }
}
