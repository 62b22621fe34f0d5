/** What the cart amounts to, under its lines: asked for once the cart has been quiet for a moment. */
import { html, signal, useEffect, useSignal } from "../ui.js";
import { byLine, Sums } from "../parts/sums.js";
import { useStore } from "./context.js";

const QUIET_MS = 300;

/** What promotions take off each line, by its id, as the last whole cart said. */
export const promoted = signal(/** @type {ReturnType<typeof byLine>} */ ({}));

/** @param {{ currency: string, revision: number }} props */
export function CartSums({ currency, revision }) {
  const { auth } = useStore();
  const known = useSignal(/** @type {Rest.CartAnswer | null} */ (null));
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(async () => {
      try {
        const found = await auth.call("GET", "/api/cart");
        if (gone) return;
        known.value = found;
        promoted.value = byLine(found.promotions);
      } catch {
        // The cart's own connection says what is wrong; the last known sums stay, and are asked for again.
      }
    }, QUIET_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [revision]);
  const found = known.value;
  return found && html`<${Sums} amounts=${found} currency=${currency} />`;
}
