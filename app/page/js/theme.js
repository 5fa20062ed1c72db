/**
 * Light, dark, or as the system has it; and those who draw are told when the colours change.
 */

const STORED = "tercet-theme";
const SYSTEM = "system";
const ORDER = [SYSTEM, "light", "dark"];
const WORDS = { system: "as the system has them", light: "light", dark: "dark" };
const SIGNS = { system: "◐", light: "○", dark: "●" };

const listeners = new Set();

/**
 * Called after every change of colours.
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onColours(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param {HTMLElement} button goes round the three */
export function mountTheme(button) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = remembered();
  const apply = () => {
    document.documentElement.dataset.theme = chosen === SYSTEM ? (dark.matches ? "dark" : "light") : chosen;
    button.setAttribute("aria-label", `Colours: ${WORDS[chosen]}`);
    button.title = `Colours: ${WORDS[chosen]}`;
    button.firstElementChild.textContent = SIGNS[chosen];
    listeners.forEach((listener) => listener());
  };
  button.addEventListener("click", () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    remember(chosen);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}

function remembered() {
  try {
    const stored = localStorage.getItem(STORED) ?? SYSTEM;
    return ORDER.includes(stored) ? stored : SYSTEM;
  } catch {
    return SYSTEM; // storage is switched off
  }
}

/** @param {string} chosen */
function remember(chosen) {
  try {
    if (chosen === SYSTEM) {
      localStorage.removeItem(STORED);
    } else {
      localStorage.setItem(STORED, chosen);
    }
  } catch {
    // Storage is switched off: it lasts as long as the page does.
  }
}
