// Runs before the first paint (a classic script in <head>): language, direction and colour
// scheme are on <html> before any style is computed, so that nothing flickers or flips.
(function () {
  "use strict";
  var root = document.documentElement;
  var kept;
  try {
    kept = { lang: localStorage.getItem("st.lang"), theme: localStorage.getItem("st.theme") };
  } catch (error) {
    kept = {}; // storage may be forbidden; the defaults serve
  }
  var wanted = kept.lang || (navigator.language || "en").slice(0, 2);
  var lang = wanted === "he" || wanted === "iw" ? "he" : "en";
  root.lang = lang;
  root.dir = lang === "he" ? "rtl" : "ltr";
  if (kept.theme === "light" || kept.theme === "dark") root.dataset.theme = kept.theme;
})();
