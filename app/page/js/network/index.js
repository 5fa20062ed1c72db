/** "Inside the network". */

/** @param {HTMLElement} _element */
export function mount(_element) {}
