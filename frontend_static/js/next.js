/** Where to sign in, and where to go after that. */

/** Django's admin, by way of the sign-in page, which opens it to whoever is signed in. */
export const ADMIN = "/login?next=%2Fadmin%2F&as=me";

/** Whether a page is one of Django's admin, which takes a session of its own. @param {string} path */
export const isAdmin = (path) => /^\/(?:admin|print)\//.test(path);

/** The page to sign in on, from which one comes back to this one as it is. */
export const signInUrl = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

/**
 * The path and query of `next`, if that is an address of this site; else "/".
 * Read as a browser reads it, who drops tabs and line ends and takes a backslash for a slash.
 * @param {string} search
 * @param {string} origin
 */
export function safeNext(search, origin) {
  const given = new URLSearchParams(search).get("next") ?? "/";
  if (!URL.canParse(given, origin)) return "/";
  const next = new URL(given, origin);
  // Said again from its parts, "//host" could come of a path like "/.//host".
  const away = next.origin !== origin || next.pathname.startsWith("//");
  return away ? "/" : next.pathname + next.search;
}
