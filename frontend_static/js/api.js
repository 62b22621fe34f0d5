/** Signing in and HTTP. One object holds the tokens for all sockets and calls of the page. */
import { Problem } from "./problem.js";
import { readStored, writeStored } from "./storage.js";
import { noteServerTime, parseTime, serverNow, serverTimeKnown } from "./clock.js";

const KEPT = "st.tokens";
/** Ask for a new access token this long before the old one is over. */
const MARGIN_MS = 45_000;
/** A Date header has whole seconds, and a server may write it once a second only. */
const DATE_SLACK_MS = 2_000;

/**
 * Milliseconds since 1970 when a JWT expires, by its own word.
 * @param {string} token
 */
export function expiryOf(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(part)).exp * 1000;
  } catch {
    return 0;
  }
}

/**
 * The query of an address; a field that nothing was typed into is left out, for an empty filter is no filter.
 * @param {Record<string, string>} fields
 */
export const queryOf = (fields) =>
  new URLSearchParams(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")));

const language = () => globalThis.document?.documentElement.lang || "en";

/** @param {Response} response */
async function problemOf(response) {
  // A proxy may answer with a page of its own instead of a problem document.
  const body = await response.json().catch(() => ({}));
  const wait = response.headers.get("Retry-After");
  if (typeof body.code !== "string") body.code = `http_${response.status}`;
  return new Problem({ ...body, status: response.status, ...(wait ? { retry_after: wait } : {}) });
}

/** @typedef {{ body?: unknown, form?: FormData, headers?: Record<string, string>, token?: string }} CallOptions */

/**
 * One call. Raises Problem: the server's own, or `offline` when there was no answer.
 * Without `token` the call goes out unauthorised. `form`: a FormData instead of a JSON `body`.
 * @param {string} method
 * @param {string} path
 */
export async function call(method, path, /** @type {CallOptions} */ { body, form, headers, token } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch {
    throw new Problem({ code: "offline" });
  }
  noteServerTime(parseTime(response.headers.get("Date")), DATE_SLACK_MS);
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

/** The server's time now, as RFC 3339; asked for if no answer has told it yet. */
export async function serverTime() {
  if (!serverTimeKnown()) {
    try {
      const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store" });
      noteServerTime(parseTime(answer.headers.get("Date")), DATE_SLACK_MS);
    } catch {
      // Whoever is offline can send nothing anyway.
    }
  }
  return new Date(serverNow()).toISOString();
}

class Auth {
  /** @type {Promise<string> | null} */
  #refreshing = null;

  #read() {
    try {
      return JSON.parse(readStored(KEPT) ?? "null");
    } catch {
      return null;
    }
  }

  #write(/** @type {{ access: string, refresh: string } | null} */ tokens) {
    writeStored(KEPT, tokens && JSON.stringify(tokens));
  }

  get signedIn() {
    return this.#read() !== null;
  }

  /**
   * Username or e-mail and password; raises Problem.
   * @param {string} username
   * @param {string} password
   * @param {string} otp the code of the account's second factor, "" for none
   */
  async signIn(username, password, otp = "") {
    const body = { username, password, language: language(), otp: otp || undefined };
    const answer = await call("POST", "/api/auth/token", { body });
    this.#write({ access: answer.access, refresh: answer.refresh });
  }

  /**
   * A new shopper's account, signed in at once; raises Problem with `errors` by field.
   * @param {string} username
   * @param {string} password
   */
  async register(username, password) {
    const answer = await call("POST", "/api/auth/register", { body: { username, password, language: language() } });
    this.#write({ access: answer.access, refresh: answer.refresh });
  }

  /**
   * Be signed in with the tokens of an answer.
   * @param {{ access: string, refresh: string }} answer
   */
  keep({ access, refresh }) {
    this.#write({ access, refresh });
  }

  /** Be signed out without a word to the server: the account is no more. */
  forget() {
    this.#write(null);
  }

  /**
   * Have a code sent to a phone; gives {expires_in}, seconds. Raises Problem.
   * @param {string} phone a national one is of the country of `trolley`
   * @param {string | null} trolley
   */
  askCode(phone, trolley) {
    return call("POST", "/api/auth/otp/request", { body: { phone, trolley_id: trolley, language: language() } });
  }

  /**
   * Sign in with the code that came; somebody new has an account by it. Raises Problem.
   * @param {string} phone
   * @param {string} code
   * @param {string | null} trolley
   * @param {string} otp the code of the account's second factor, "" for none
   */
  async enterByCode(phone, code, trolley, otp = "") {
    const body = { phone, code, trolley_id: trolley, language: language(), otp: otp || undefined };
    const answer = await call("POST", "/api/auth/otp/verify", { body });
    this.#write({ access: answer.access, refresh: answer.refresh });
  }

  /**
   * Let mail to the signed-in person be in this language from now on; nothing here waits for it.
   * @param {string} language
   */
  noteLanguage(language) {
    if (this.signedIn)
      this.call("PATCH", "/api/me", { body: { language } }).catch((problem) =>
        console.debug("language:", problem.code),
      );
  }

  async signOut() {
    const tokens = this.#read();
    this.#write(null);
    if (!tokens) return;
    try {
      await call("POST", "/api/auth/logout", { body: { refresh: tokens.refresh }, token: tokens.access });
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // here we are signed out either way
    }
  }

  /** A usable access token. `fresh`: not the one we have, the server refused it. Raises signed_out, offline. */
  async access({ fresh = false } = {}) {
    const tokens = this.#read();
    if (!tokens) throw new Problem({ code: "signed_out" });
    if (!fresh && expiryOf(tokens.access) - serverNow() > MARGIN_MS) return tokens.access;
    this.#refreshing ??= this.#refresh(tokens.access).finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /**
   * Only one tab may use the refresh token: a second use of it revokes the whole family.
   * @param {string} stale
   */
  async #refresh(stale) {
    const turn = () => this.#rotate(stale);
    return navigator.locks ? navigator.locks.request("st.refresh", turn) : turn();
  }

  /** @param {string} stale */
  async #rotate(stale) {
    const tokens = this.#read();
    if (!tokens) throw new Problem({ code: "signed_out" });
    if (tokens.access !== stale) return tokens.access; // another tab was faster
    try {
      const answer = await call("POST", "/api/auth/token/refresh", { body: { refresh: tokens.refresh } });
      this.#write({ access: answer.access, refresh: answer.refresh ?? tokens.refresh });
      return answer.access;
    } catch (error) {
      if (error.status === 401 || error.status === 400) {
        this.#write(null);
        throw new Problem({ code: "signed_out" });
      }
      throw error;
    }
  }

  /**
   * `call` as the signed-in person; one more try with a new token after a 401.
   * @param {string} method
   * @param {string} path
   */
  async call(method, path, options = {}) {
    try {
      return await call(method, path, { ...options, token: await this.access() });
    } catch (error) {
      if (error.status !== 401) throw error;
      return call(method, path, { ...options, token: await this.access({ fresh: true }) });
    }
  }
}

export const auth = new Auth();
