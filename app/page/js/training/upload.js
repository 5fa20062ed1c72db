/**
 * A file to the service, and how much of it has gone. By XMLHttpRequest, since fetch does not tell.
 */

import { RefusedError, UnreachableError } from "./client.js";

/**
 * @param {import("./client.js").AdminClient} client
 * @param {string} path @param {File} file
 * @param {(share: number) => void} onProgress 0 to 1; then the service checks the file
 * @returns {Promise<{created: boolean, facts: any}>}
 */
export function upload(client, path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    for (const [name, value] of Object.entries(client.headers())) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        onProgress(event.loaded / event.total);
      }
    });
    request.addEventListener("load", () => {
      if (request.status < 300) {
        resolve({ created: request.status === 201, facts: JSON.parse(request.responseText) });
      } else {
        reject(client.refused(new RefusedError(request.status, problemOf(request.responseText))));
      }
    });
    request.addEventListener("error", () => reject(new UnreachableError()));
    client.signal.addEventListener("abort", () => {
      request.abort();
      reject(client.signal.reason);
    });
    request.send(file);
  });
}

/** @param {string} text */
function problemOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
