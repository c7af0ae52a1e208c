/** Markup that is known to be safe; everything else is text and gets escaped. */
export interface Html {
  readonly html: string;
}

export type HtmlPiece = Html | string | number | null | undefined | false | readonly HtmlPiece[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe in element content and in quoted attributes, of HTML and of XML (no control characters). */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => entities[c]).replace(forbiddenInXml, "\ufffd");

// XML 1.0 allows tab, line feed and carriage return of the control characters; no lone surrogates.
const forbiddenInXml = /(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu;

/** Tagged template: html`<td>${name}</td>` escapes every value that is not Html itself. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlPiece[]): Html {
  return { html: strings.reduce((text, part, i) => text + render(values[i - 1]) + part) };
}

/** For markup that this room wrote itself. */
export const trusted = (markup: string): Html => ({ html: markup });

function render(piece: HtmlPiece): string {
  if (piece === null || piece === undefined || piece === false) return "";
  if (typeof piece === "string") return escapeHtml(piece);
  if (typeof piece === "number") return String(piece);
  return "html" in piece ? piece.html : piece.map(render).join("");
}

/** JSON that can stand inside a script element: no "</script>", no "<!--", no line separators. */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
