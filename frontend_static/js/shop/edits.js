/**
 * What the shopper does to the cart: each change is laid over the server's cart until that has it, and is
 * sent as a command. A stepper is tapped faster than commands go out, so the last wish of a line is sent.
 */
import { signal, computed } from "../ui.js";
import { uuid } from "../socket.js";
import { overlay, settled } from "../fold.js";
import { toast } from "../parts/common.js";
import { t, reason } from "../i18n.js";
import { present } from "../present.js";

/**
 * @typedef {import("../fold.js").Pending} Pending
 * @typedef {Omit<Pending, "key">} Mark
 * What a line's stepper wishes for, and whether a command of it is under way.
 * @typedef {{ sending: boolean, wish: number, timer?: ReturnType<typeof setTimeout> }} Step
 * @typedef {Live.CartView["items"][number]} Line
 * @typedef {"cart.add" | "cart.set_quantity" | "cart.remove" | "cart.restore"} CartCommand
 */

/** Taps on a stepper within this time are one command. */
const STEP_MS = 280;

export class CartEdits {
  /** @type {Signal<Pending[]>} */
  pending = signal([]);
  /** @type {Map<string, Step>} */
  #steps = new Map();

  /**
   * `cart`: the server's, null until it is known; `session`: the one that goods are added in.
   * @param {{ socket: Pick<import("../socket.js").TrolleySocket, "request">, cart: Signal<Live.CartView | null>,
   *   session: { peek(): Live.SessionView | null } }} parts
   */
  constructor({ socket, cart, session }) {
    this.socket = socket;
    this.cart = cart;
    this.session = session;
    this.lines = computed(() => (cart.value ? overlay(cart.value, this.pending.value) : []));
    this.busy = computed(() => this.pending.value.length > 0);
  }

  /** The server's cart moved: what it has by now is no longer on its way. */
  settleWith = (/** @type {Live.CartView} */ next) => {
    this.pending.value = this.pending.value.filter((one) => !settled(next, one));
  };

  /**
   * Add by barcode; raises Problem so that the scanner can say it where the shopper looks.
   * @param {string} barcode
   */
  addBarcode = (barcode) => this.#ask("cart.add", { barcode, ...this.#inSession() }, { kind: "add", barcode });

  /**
   * A stepper was tapped: the last wish within a moment is sent, one command at a time a line.
   * @param {Line} line
   * @param {number} quantity
   */
  setQuantity = (line, quantity) => {
    if (quantity < 1) return this.remove(line);
    if (quantity > 999) return;
    /** @type {Step} */
    const step = this.#steps.get(line.id) ?? { sending: false, wish: quantity };
    this.#steps.set(line.id, step);
    step.wish = quantity;
    const key = `wish:${line.id}`;
    this.pending.value = [
      ...this.pending.peek().filter((one) => one.key !== key),
      { key, kind: "set", item_id: line.id, quantity },
    ];
    clearTimeout(step.timer);
    if (!step.sending) step.timer = setTimeout(() => this.#sendStep(line, step), STEP_MS);
  };

  /** @param {Line} line */
  remove = async (line) => {
    this.#drop(`wish:${line.id}`);
    clearTimeout(this.#steps.get(line.id)?.timer);
    const again = present(this.cart.peek()).items.find((item) => item.id === line.id) ?? line;
    const { name } = again.product;
    const answer = await this.#tryTo("cart.remove", { item_id: line.id }, { kind: "remove", item_id: line.id }, name);
    if (answer) toast(t("cart.removed", { name }), { action: { label: t("undo"), run: () => this.#putBack(again) } });
  };

  restore = () => this.#tryTo("cart.restore", {}, { kind: "restore" }, t("restore.what"));

  /**
   * @param {Line} line
   * @param {Step} step
   * @returns {Promise<void>}
   */
  async #sendStep(line, step) {
    const quantity = step.wish;
    const mark = { kind: "set", item_id: line.id, quantity };
    step.sending = true;
    const answer = await this.#tryTo("cart.set_quantity", { item_id: line.id, quantity }, mark, line.product.name);
    step.sending = false;
    if (answer && step.wish !== quantity) return this.#sendStep(line, step);
    this.#drop(`wish:${line.id}`);
  }

  #putBack(/** @type {Line} */ line) {
    const { product, quantity } = line;
    const variant = line.variant?.id ? { variant_id: line.variant.id } : {};
    const fields = { product_id: product.id, ...variant, quantity, ...this.#inSession() };
    const mark = { kind: "add", barcode: product.barcode, name: product.name, quantity };
    return this.#tryTo("cart.add", fields, mark, product.name);
  }

  #inSession() {
    const session_id = this.session.peek()?.session_id;
    return session_id ? { session_id } : {};
  }

  #drop(/** @type {string} */ key) {
    this.pending.value = this.pending.value.filter((one) => one.key !== key);
  }

  /**
   * @param {string} key
   * @param {number} [revision]
   */
  #settle(key, revision = 0) {
    const mine = this.pending.peek().find((one) => one.key === key);
    if (!mine) return;
    const done = { ...mine, revision };
    if (settled(present(this.cart.peek()), done)) this.#drop(key);
    else this.pending.value = this.pending.peek().map((one) => (one === mine ? done : one));
  }

  /**
   * Send a cart command with its mark laid over the cart until it is settled. Raises Problem.
   * @template {CartCommand} C
   * @param {C} type
   * @param {CommandBody<C>} fields
   * @param {Mark} mark
   * @returns {Promise<CommandAnswer<C>>}
   */
  async #ask(type, fields, mark) {
    const key = uuid();
    this.pending.value = [...this.pending.peek(), { ...mark, key }];
    try {
      const answer = await this.socket.request(type, fields, { id: key });
      this.#settle(key, answer.revision);
      return answer;
    } catch (problem) {
      this.#drop(key);
      throw problem;
    }
  }

  /**
   * `#ask`, with the refusal said aloud; gives the answer or null.
   * @template {CartCommand} C
   * @param {C} type
   * @param {CommandBody<C>} fields
   * @param {Mark} mark
   * @param {string} what
   * @returns {Promise<CommandAnswer<C> | null>}
   */
  async #tryTo(type, fields, mark, what) {
    try {
      return await this.#ask(type, fields, mark);
    } catch (problem) {
      toast(t("refused", { what, why: reason(problem) }), { bad: true });
      return null;
    }
  }
}
