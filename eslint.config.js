import js from "@eslint/js";
import globals from "globals";

/** Text that the browser would read as markup or code never goes into a page. */
const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln", "srcdoc"];

export default [
  {
    ignores: [
      "**/*",
      "!frontend_static/**",
      "!tests/**/*.mjs",
      "frontend_static/vendor/**",
      "frontend_static/types/**",
    ],
  },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...globals.browser } },
    rules: {
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "max-len": ["error", { code: 120, ignoreStrings: true, ignoreUrls: true }],
      "no-alert": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": [
        "error",
        ...MARKUP.map((property) => ({ property, message: "Make nodes instead." })),
      ],
      "no-unused-vars": ["error", { caughtErrors: "none", ignoreRestSiblings: true }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    files: ["frontend_static/tests/**", "tests/**"],
    languageOptions: { globals: { ...globals.node } },
  },
  {
    // A classic script for the first paint, in words that the oldest browser reads as far as the page's sorry.
    files: ["frontend_static/js/boot.js"],
    languageOptions: { ecmaVersion: 5, sourceType: "script" },
    rules: { "no-var": "off" },
  },
];
