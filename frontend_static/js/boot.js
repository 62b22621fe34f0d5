// Runs before the first paint (a classic script in <head>): language, direction and colour
// scheme are on <html> before any style is computed, so that nothing flickers or flips.
// `data-en`, `data-he`: the files of the sentences.
(function () {
  "use strict";
  var root = document.documentElement;
  /** @type {any} */
  var me = document.currentScript;
  var kept;
  try {
    kept = { lang: localStorage.getItem("st.lang"), theme: localStorage.getItem("st.theme") };
  } catch (error) {
    kept = {}; // storage may be forbidden; the defaults serve
  }
  var wanted = kept.lang || (navigator.language || "en").slice(0, 2);
  var lang = wanted === "he" || wanted === "iw" ? "he" : "en";
  // Its sentences are imported once the modules run; asked for now, they come along with them.
  var words = document.createElement("link");
  words.rel = "modulepreload";
  words.href = lang === "he" ? me.dataset.he : me.dataset.en;
  document.head.appendChild(words);
  root.lang = lang;
  root.dir = lang === "he" ? "rtl" : "ltr";
  if (kept.theme === "light" || kept.theme === "dark") root.dataset.theme = kept.theme;
})();
