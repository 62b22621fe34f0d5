// What is wrong with the page as it stands, as sentences; `least` is the smallest a control may be, in px.
(least) => {
  const shown = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  const text = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const nameOf = (el) => (el.getAttribute("aria-labelledby") ? text(el.getAttribute("aria-labelledby")) : "")
    || el.getAttribute("aria-label") || (el.labels?.length ? [...el.labels].map((l) => l.textContent).join(" ") : "")
    || (el.matches("input, textarea, select") ? "" : el.textContent) || el.getAttribute("alt") || "";
  const say = (what, el) => `${what}: ${el.outerHTML.slice(0, 160)}`;
  const flaws = [];
  const root = document.documentElement;
  if (!["en", "he"].includes(root.lang)) flaws.push(`lang is "${root.lang}"`);
  if (root.dir !== (root.lang === "he" ? "rtl" : "ltr")) flaws.push(`dir is "${root.dir}" in ${root.lang}`);
  if (!document.title.trim()) flaws.push("the page has no title");
  if (root.scrollWidth > root.clientWidth) flaws.push(`wider than the screen: ${root.scrollWidth} > ${root.clientWidth}`);
  const controls = [...document.querySelectorAll("a[href], button, input, textarea, select, [role=button]")].filter(shown);
  for (const el of controls) {
    if (!nameOf(el).trim()) flaws.push(say("no name", el));
    // A tick is set by a press on its words, too.
    const { width, height } = (el.matches("[type=checkbox]") && el.closest("label") || el).getBoundingClientRect();
    if (least && (width < least - 0.5 || height < least - 0.5)) flaws.push(say(`${width}x${height} is hard to touch`, el));
  }
  for (const el of document.querySelectorAll("img:not([alt])")) flaws.push(say("no alt", el));
  for (const el of document.querySelectorAll("svg:not([aria-hidden=true])"))
    if (!nameOf(el).trim()) flaws.push(say("a picture without a name", el));
  for (const el of document.querySelectorAll("dialog[open]")) if (!nameOf(el).trim()) flaws.push(say("no name", el));
  const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) flaws.push(`id "${id}" twice`);
  if (document.querySelectorAll("main").length !== 1) flaws.push("not exactly one main");
  if (/\{\w+\}|undefined|NaN|\[object/.test(document.body.innerText)) flaws.push(`unfilled text: ${document.body.innerText}`);
  return flaws;
}
