/**
 * Light, dark, or as the system has it; and those who draw are told when the colours change.
 */

const STORED = "tercet-theme";
const ORDER = ["system", "light", "dark"];
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
  let chosen = document.documentElement.dataset.theme ?? "system";
  const show = () => {
    button.setAttribute("aria-label", `Colours: ${WORDS[chosen]}`);
    button.title = `Colours: ${WORDS[chosen]}`;
    button.firstElementChild.textContent = SIGNS[chosen];
  };
  button.addEventListener("click", () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    if (chosen === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = chosen;
    }
    remember(chosen);
    show();
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  show();
}

function tell() {
  for (const listener of listeners) {
    listener();
  }
}

/** @param {string} chosen */
function remember(chosen) {
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // Storage is switched off: it lasts as long as the page does.
  }
}
