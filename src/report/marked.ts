import { piecesOf, type UnrecordedSpan } from "../discover/number-gate.js";
import { type Html, html } from "./html.js";

/** Text with its unrecorded numbers marked. */
export const markedHtml = (text: string, spans: readonly UnrecordedSpan[] = []): readonly Html[] =>
  piecesOf(text, spans).map(({ piece, unrecorded }) =>
    unrecorded
      ? html`<mark class="unrecorded" title="no recorded result">${piece}</mark>`
      : html`${piece}`,
  );

/** What the marks mean. */
export const markLegend: Html = html`<p class="quiet">A number <mark class="unrecorded">marked like this</mark> is no recorded result: whoever wrote the thought made it up, worked it out, or had it from elsewhere.</p>`;
