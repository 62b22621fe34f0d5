/** What a promotion promises, in plain sentences, and whether it runs. Pure. */
import { lang, money, number, t } from "../i18n.js";

const MOST_NAMED = 3;

/**
 * Names with no end in sight: the first ones, and how many more.
 * @param {readonly { name: string }[]} named
 */
function someOf(named) {
  const first = named.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = named.length - first.length;
  if (more) first.push(t("promo.more", { n: more }));
  return new Intl.ListFormat(lang.value, { type: "disjunction" }).format(first);
}

/**
 * A set of goods in words.
 * @param {Rest.GoodsAnswer | undefined} goods
 */
export const goodsIn = (goods) =>
  !goods || !(goods.products.length + goods.categories.length)
    ? t("promo.everything")
    : someOf([...goods.categories, ...goods.products]);

/** @param {Rest.PromotionAnswer} one */
function bundleOf({ goods }) {
  const sets = goods.map((set) => (set.units > 1 ? `${number(set.units)} × ${goodsIn(set)}` : goodsIn(set)));
  return new Intl.ListFormat(lang.value).format(sets);
}

/**
 * What it gives: "3 for the price of 2: Juices".
 * @param {Rest.PromotionAnswer} one
 */
export function sentenceOf(one) {
  const { kind, buy, pay, percent, amount, threshold, currency } = one;
  const goods = goodsIn(one.goods[0]);
  const sum = amount === null ? "" : money(Number(amount), currency);
  const less = percent === null ? "" : number(Number(percent));
  switch (kind) {
    case "n_for_m":
      return t("promo.says_n_for_m", { buy: buy ?? 0, pay: pay ?? 0, goods });
    case "nth":
      return t(buy === 2 ? "promo.says_second" : "promo.says_nth", { buy: buy ?? 0, percent: less, goods });
    case "bundle":
      return t("promo.says_bundle", { goods: bundleOf(one), amount: sum });
    case "price":
      return t(sum ? "promo.says_price" : "promo.says_percent", { goods, amount: sum, percent: less });
    default: {
      const gives = sum ? "amount" : less ? "percent" : "gift";
      const gift = one.gifts ? goodsIn(one.gifts) : "";
      const spent = money(Number(threshold), currency);
      return t(`promo.says_spend_${gives}`, { threshold: spent, goods, amount: sum, percent: less, gift });
    }
  }
}

/**
 * A day as people write it; `day` is `2026-12-24`.
 * @param {string} day
 */
const dayOf = (day) =>
  new Intl.DateTimeFormat(lang.value, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

/**
 * The name of a day of the week, 1 being Monday.
 * @param {number} place
 * @param {"short" | "long"} [weekday]
 */
export const weekdayOf = (place, weekday = "short") =>
  new Intl.DateTimeFormat(lang.value, { weekday, timeZone: "UTC" }).format(new Date(Date.UTC(2026, 0, 4 + place)));

/**
 * Where, when and for whom: each part a few words; nothing where it is everywhere, always and for everybody.
 * @param {Rest.PromotionAnswer} one
 */
export function limitsOf(one) {
  const { valid_from, valid_until, weekdays, from_time, until_time, branches, tier } = one;
  return [
    valid_from && t("promo.from", { day: dayOf(valid_from) }),
    valid_until && t("promo.until", { day: dayOf(valid_until) }),
    weekdays.length > 0 && new Intl.ListFormat(lang.value).format(weekdays.map((day) => weekdayOf(day))),
    from_time && `${from_time}–${until_time}`,
    branches.length > 0 && t("promo.only_in", { branches: branches.join(", ") }),
    tier && t("promo.tier_up", { tier: t(`promo.tier_${tier}`) }),
    !one.combines && t("promo.alone"),
    one.priority !== 0 && t("promo.with_priority", { n: one.priority }),
  ].filter(Boolean);
}

/**
 * Whether it runs on a day, `2026-12-05`: off, over, later or on.
 * @param {Rest.PromotionAnswer} one
 * @param {string} today
 */
export function standingOf({ is_active, valid_from, valid_until }, today) {
  if (!is_active) return "off";
  if (valid_until && valid_until < today) return "over";
  return valid_from && valid_from > today ? "later" : "on";
}
