/**
 * A question before something is done that others notice.
 */

import { el } from "../dom.js";
import { button, freshId } from "./dom.js";

/**
 * Whether the answer is yes. The dialog is modal; Escape is no.
 * @param {{title: string, words: string, yes: string, no?: string, risky?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirm({ title, words, yes, no = "Not now", risky = false }) {
  return new Promise((resolve) => {
    const heading = freshId("question");
    const text = freshId("consequence");
    const dialog = el(
      "dialog",
      { class: "confirm", "aria-labelledby": heading, "aria-describedby": text },
      el("h2", { id: heading }, title),
      el("p", { id: text }, words),
      el(
        "div",
        { class: "actions" },
        button(no, () => dialog.close(), { autofocus: true }),
        button(yes, () => dialog.close("yes"), { class: risky ? "danger" : "primary" }),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
