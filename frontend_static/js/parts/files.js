/** Files that the API makes, kept by the browser. */
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { toast } from "./common.js";

const LONG_ENOUGH_MS = 60_000;

/**
 * Let the browser keep what a blob holds.
 * @param {Blob} blob
 * @param {string} name
 */
export function keepBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LONG_ENOUGH_MS);
}

/**
 * Fetch a file as the signed-in person and keep it; what goes wrong is told in passing.
 * @param {string} path
 * @param {string} name
 */
export async function keep(path, name) {
  try {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${await auth.access()}` } });
    if (!response.ok) throw new Error(String(response.status));
    keepBlob(await response.blob(), name);
  } catch {
    toast(t("office.no_file"), { bad: true });
  }
}
