/** What the cart amounts to, under its lines: asked for once the cart has been quiet for a moment. */
import { html, signal, useEffect, useRef, useSignal } from "../ui.js";
import { byLine, Sums } from "../parts/sums.js";
import { useStore } from "./context.js";

const QUIET_MS = 300;
const FRESH_MS = 30_000;
/** Within this time all open carts ask again, each at a moment of its own, when promotions have changed. */
const SPREAD_MS = 2_000;

/** What promotions take off each line, by its id, as the last whole cart said. */
export const promoted = signal(/** @type {ReturnType<typeof byLine>} */ ({}));

/** @param {{ currency: string, revision: number }} props */
export function CartSums({ currency, revision }) {
  const { auth, cart, promotions } = useStore();
  const heard = useRef(promotions.peek());
  const known = useSignal(/** @type {Rest.CartAnswer | null} */ (null));
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      try {
        const found = await auth.call("GET", "/api/cart");
        if (gone) return;
        known.value = found;
        promoted.value = byLine(found.promotions);
        const now = cart.peek();
        // A promotion that changed, began or ended since the last change of the cart, which tells of none.
        if (now && now.revision === found.revision && now.total_price !== found.total_price)
          cart.value = { ...now, total_price: found.total_price };
      } catch {
        // The cart's own connection says what is wrong; the last known sums stay, and are asked for again.
      }
    };
    const timer = setTimeout(ask, heard.current === promotions.value ? QUIET_MS : Math.random() * SPREAD_MS);
    heard.current = promotions.value;
    const again = setInterval(() => document.visibilityState === "visible" && ask(), FRESH_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
      clearInterval(again);
    };
  }, [revision, promotions.value]);
  const found = known.value;
  return found && html`<${Sums} amounts=${found} currency=${currency} />`;
}
