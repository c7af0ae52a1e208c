import { malformed } from "./problems.js";

/** One XML element. Text between children is joined. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  text: string;
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/**
 * The part of XML that data files use: elements, attributes, comments, the five entities and
 * character numbers. Document types are refused, so nothing can be expanded or fetched.
 */
export function parseXml(text: string, path: string): XmlNode {
  const root: XmlNode = { name: "", attributes: new Map(), children: [], text: "" };
  const open: XmlNode[] = [root];
  const end = (mark: string, from: number): number => {
    const found = text.indexOf(mark, from);
    return found < 0 ? malformed(path, `the XML ends before "${mark}"`) : found + mark.length;
  };
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf("<", at);
    const current = open[open.length - 1];
    current.text += unescapeXml(text.slice(at, start < 0 ? text.length : start));
    if (start < 0) break;
    if (text.startsWith("<!--", start)) at = end("-->", start);
    else if (text.startsWith("<?", start)) at = end("?>", start);
    else if (text.startsWith("<!", start)) malformed(path, "XML document types are not read");
    else if (text[start + 1] === "/") {
      at = end(">", start);
      const name = text.slice(start + 2, at - 1).trim();
      if (current.name !== name || open.length === 1)
        malformed(path, `</${name}> closes <${current.name}>`);
      open.pop();
    } else {
      at = end(">", start);
      const node = readTag(text.slice(start + 1, at - 1), path);
      current.children.push(node.element);
      if (!node.closed) open.push(node.element);
    }
  }
  if (open.length > 1) malformed(path, `<${open[open.length - 1].name}> is never closed`);
  if (root.children.length !== 1) malformed(path, "the XML has no single root element");
  return root.children[0];
}

function readTag(source: string, path: string): { element: XmlNode; closed: boolean } {
  const closed = source.endsWith("/");
  const body = closed ? source.slice(0, -1) : source;
  const name =
    /^[\w:.-]+/.exec(body)?.[0] ?? malformed(path, `"<${source.slice(0, 40)}>" is not XML`);
  const attributes = new Map<string, string>();
  for (const match of body.slice(name.length).matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes.set(match[1], unescapeXml(match[2] ?? match[3]));
  return { element: { name, attributes, children: [], text: "" }, closed };
}

function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w+);/g, (whole, body: string) => {
    if (!body.startsWith("#")) return Object.hasOwn(entities, body) ? entities[body] : whole;
    const code = body[1] === "x" ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

export const escapeXml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

export const child = (node: XmlNode, name: string): XmlNode | undefined =>
  node.children.find((candidate) => candidate.name === name);
