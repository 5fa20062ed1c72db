/**
 * One stop of the Tab key for a row of buttons; arrow keys, Home and End go along it.
 */

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @param {HTMLElement} container @param {string} selector of the buttons */
export function rove(container, selector) {
  container.addEventListener("keydown", (event) => {
    const all = /** @type {HTMLElement[]} */ ([...container.querySelectorAll(selector)]);
    const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
    const next = { Home: 0, End: all.length - 1 }[event.key] ?? at + (STEPS[event.key] ?? 0);
    if (at >= 0 && next !== at && all[next]) {
      event.preventDefault();
      all[next].focus();
    }
  });
  container.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches(selector)) {
      settle(container, selector, target);
    }
  });
}

/** Let this one be the stop. @param {HTMLElement} container @param {string} selector @param {Element} [stop] */
export function settle(container, selector, stop) {
  const all = /** @type {HTMLElement[]} */ ([...container.querySelectorAll(selector)]);
  const chosen = stop && all.includes(/** @type {HTMLElement} */ (stop)) ? stop : all[0];
  for (const each of all) {
    each.tabIndex = each === chosen ? 0 : -1;
  }
}
