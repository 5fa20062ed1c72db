/**
 * Elements with attributes, listeners and children. Strings become text nodes, never markup.
 */

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * An attribute that is a function listens to the event of that name; `false`, `null` and `undefined` leave out.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, /** @type {EventListener} */ (value));
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat().filter(isThere).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/**
 * Sets custom properties, which style sheets read; a policy against inline styles allows this way of it.
 * @template {HTMLElement} T
 * @param {T} element
 * @param {Record<string, string | number>} properties without their dashes
 * @returns {T}
 */
export function vary(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    element.style.setProperty(`--${name}`, String(value));
  }
  return element;
}

/** @param {unknown} child */
function isThere(child) {
  return child !== false && child !== null && child !== undefined;
}
