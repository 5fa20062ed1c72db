/** "Try it". */

/** @param {HTMLElement} _element */
export function mount(_element) {}
