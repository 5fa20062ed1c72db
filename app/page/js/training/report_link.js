/**
 * The way to a version's report: a page of its own. Where client routes ask for a key, which a link cannot send, the
 * report is fetched and saved as a file.
 */

import { el } from "../dom.js";
import { button } from "./dom.js";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {number} version
 */
export function reportLink(client, version) {
  const path = `models/${version}/report`;
  if (!client.clientsNeedKeys) {
    return el("a", { href: path, target: "_blank", rel: "noopener", "aria-label": `Report of version ${version}, in a new tab` }, "Report");
  }
  return button("Save report", (event) => save(client, path, version, event.currentTarget), {
    "aria-label": `Save report of version ${version}`,
  });
}

/**
 * @param {import("./client.js").AdminClient} client
 * @param {string} path @param {number} version @param {any} pressed
 */
async function save(client, path, version, pressed) {
  try {
    const url = URL.createObjectURL(await (await client.once(path, {})).blob());
    el("a", { href: url, download: `report-of-version-${version}.html` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    pressed.after(el("span", { class: "problem", role: "alert" }, ` ${/** @type {Error} */ (error).message}`));
    pressed.remove();
  }
}
