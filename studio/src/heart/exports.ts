import type { Mesh } from "../../../src/mesh/mesh.js";
import { type ColourMap, cssColour, type Range, ticks } from "../ui/colours.js";
import { figure } from "../ui/format.js";

export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export interface Column {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** node, x, y, z in mm, and one column per map; empty where nothing is known. */
export function nodesCsv({ points }: Mesh, columns: readonly Column[]): Blob {
  const head = ["node", "x_mm", "y_mm", "z_mm", ...columns.map(({ name }) => name)].join(",");
  const rows = Array.from({ length: points.length / 3 }, (_, i) =>
    [
      i,
      ...points.subarray(3 * i, 3 * i + 3),
      ...columns.map(({ values }) => (Number.isFinite(values[i]) ? values[i] : "")),
    ].join(","),
  );
  return new Blob([`${[head, ...rows].join("\n")}\n`], { type: "text/csv" });
}

export interface FigureLegend {
  readonly title: string;
  readonly unit: string;
  readonly range: Range;
  readonly colours: ColourMap;
}

/** The picture with a legend of lines and letters under it. */
export async function figureSvg(
  picture: Blob,
  size: { readonly width: number; readonly height: number },
  legends: readonly FigureLegend[],
): Promise<Blob> {
  const { width, height } = size;
  const image = await dataAddress(picture);
  const each = width / Math.max(1, legends.length);
  const parts = legends.map((legend, k) => legendSvg(legend, k * each + 20, each - 40));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 60}" font-family="sans-serif" font-size="12">
<image href="${image}" width="${width}" height="${height}"/>
<g transform="translate(0 ${height})">${parts.join("\n")}</g>
</svg>
`;
  return new Blob([svg], { type: "image/svg+xml" });
}

function legendSvg(
  { title, unit, range, colours }: FigureLegend,
  x: number,
  width: number,
): string {
  const cells = Array.from(
    { length: 40 },
    (_, k) =>
      `<rect x="${x + (k * width) / 40}" y="18" width="${width / 40 + 0.5}" height="10" fill="${cssColour(colours, k / 39)}"/>`,
  );
  const at = (value: number) => x + (width * (value - range.low)) / (range.high - range.low);
  const labels = ticks(range, 4).map(
    (value) => `<text x="${at(value)}" y="42" text-anchor="middle">${figure(value)}</text>`,
  );
  return `<text x="${x}" y="12">${title} (${unit})</text>${cells.join("")}${labels.join("")}`;
}

const dataAddress = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
