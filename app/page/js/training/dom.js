/**
 * What the parts of this section are made of, beyond plain elements.
 */

import { el } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * An SVG element with attributes and children.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string | number)} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/**
 * A button that does not send a form.
 * @param {string} text
 * @param {(event: Event) => void} press
 * @param {Record<string, unknown>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function button(text, press, attributes = {}) {
  return el("button", { type: "button", click: press, ...attributes }, text);
}

/** Focus `other` where what had the focus is there no more. @param {HTMLElement} other */
export function keepFocus(other) {
  if (document.activeElement === document.body) {
    other.focus({ preventScroll: true });
  }
}

let made = 0;

/**
 * An id for an element that a label or another attribute refers to.
 * @param {string} stem
 */
export function freshId(stem) {
  made += 1;
  return `training-${stem}-${made}`;
}
