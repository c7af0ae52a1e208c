import type { Mesh } from "../mesh/mesh.js";

/**
 * Pixel centres as a flat triangle mesh: node = row * width + column, x to the right, y up (row 0 is
 * the top of the picture), z = 0. Diagonals alternate so that no direction is favoured.
 */
export function pixelSheet(width: number, height: number, pixel_mm: number): Mesh {
  const points = new Float64Array(width * height * 3);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      points.set([column * pixel_mm, (height - 1 - row) * pixel_mm, 0], (row * width + column) * 3);
  const elements: number[] = [];
  for (let row = 0; row + 1 < height; row++)
    for (let column = 0; column + 1 < width; column++) {
      const topLeft = row * width + column;
      const [topRight, bottomLeft, bottomRight] = [
        topLeft + 1,
        topLeft + width,
        topLeft + width + 1,
      ];
      if ((row + column) % 2 === 0)
        elements.push(topLeft, bottomLeft, bottomRight, topLeft, bottomRight, topRight);
      else elements.push(topLeft, bottomLeft, topRight, topRight, bottomLeft, bottomRight);
    }
  return {
    points,
    elementKind: "triangle",
    elements: Int32Array.from(elements),
    regions: new Int32Array(elements.length / 3),
    regionNames: {},
  };
}
