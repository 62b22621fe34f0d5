/** Whether what somebody types fits something, whatever the case and the marks over letters. Pure. */

const plain = (/** @type {string} */ text) =>
  text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLocaleLowerCase();

/**
 * Whether every word that is typed is in one of the texts.
 * @param {string} typed
 * @param {...(string | null | undefined)} texts
 */
export function matches(typed, ...texts) {
  const all = plain(texts.filter(Boolean).join(" "));
  return plain(typed)
    .split(/\s+/)
    .every((word) => all.includes(word));
}
