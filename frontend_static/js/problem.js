/** A refusal or failure with the server's stable code, or one of our own: offline, timeout, signed_out. */
export class Problem extends Error {
  /** @type {string} */
  code = "";
  /** @type {number | undefined} */
  status;
  /** @type {string | undefined} */
  detail;
  /** Sentences by field. @type {Record<string, string[]> | undefined} */
  errors;
  /**
   * The code of each of those sentences and the values in it.
   * @type {Record<string, { code: string, values: Record<string, any> }[]> | undefined}
   */
  error_codes;
  /** Seconds, as the server says. @type {string | undefined} */
  retry_after;

  /**
   * `body` is the server's problem document (RFC 9457), or {code, detail} made here.
   * @param {Record<string, any>} body
   */
  constructor(body) {
    super(body.detail ?? body.message ?? body.code);
    this.name = "Problem";
    Object.assign(this, body);
    this.message = body.detail ?? body.message ?? body.code ?? "";
  }
}

const OURS = "i18n:";
/**
 * A sentence of ours in a problem made here, in whatever language it is read: `errors: {port: [ours("key")]}`.
 * @param {string} key
 */
export const ours = (key, vars = {}) => OURS + JSON.stringify([key, vars]);
/** @param {string} said */
export const isOurs = (said) => said.startsWith(OURS);
/** @param {string} said */
/** @type {(said: string) => [string, Record<string, unknown>]} */
export const readOurs = (said) => JSON.parse(said.slice(OURS.length));
