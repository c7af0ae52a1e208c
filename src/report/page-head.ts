import { type Html, html, trusted } from "./html.js";
import { style } from "./style.js";

// The browser itself refuses every load from elsewhere, should one ever slip in.
const policy = (scripts: string): string =>
  `default-src 'none'; style-src 'unsafe-inline'; ${scripts}img-src data:; base-uri 'none'; form-action 'none'`;

/** The head of a page that needs no other file; `scripts`: whether it brings a script of its own. */
export const pageHead = (title: string, { scripts = false } = {}): Html => html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts ? "script-src 'unsafe-inline'; " : "")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="leads-ep">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>`;
