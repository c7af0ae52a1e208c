import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { centroid } from "./known.js";

/** Maps coordinates [n * 3], mm, to trend columns [n x P]. */
export type Trend = (coordinates: Float64Array) => Matrix;

/** The column of ones. */
export const constantTrend: Trend = (coordinates) => Matrix.ones(coordinates.length / 3, 1);

// Sites thinner than this part of their widest extent do not determine a slope across.
const THINNEST = 1e-3;

/**
 * Ones and coordinates along the principal axes of `sites` [K * 3], centred and scaled to unit
 * size. Axes along which the sites do not spread (a flat or collinear layout) are left out, so
 * the columns at the sites are independent: P is 1 to 4 and at most K.
 */
export function linearTrend(sites: Float64Array): Trend {
  const centre = centroid(sites);
  const centred = (coordinates: Float64Array) => {
    const rows = new Matrix(coordinates.length / 3, 3);
    for (let i = 0; i < coordinates.length; i++)
      rows.set(Math.floor(i / 3), i % 3, coordinates[i] - centre[i % 3]);
    return rows;
  };
  const atSites = centred(sites);
  const covariance = atSites.transpose().mmul(atSites).div(atSites.rows);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const largest = Math.max(...realEigenvalues);
  const axes = [0, 1, 2].filter((axis) => realEigenvalues[axis] > THINNEST ** 2 * largest);
  return (coordinates) => {
    const columns = new Matrix(coordinates.length / 3, 1 + axes.length).fill(1);
    if (axes.length === 0) return columns;
    const slopes = centred(coordinates).mmul(eigenvectorMatrix).div(Math.sqrt(largest));
    axes.forEach((axis, p) => {
      columns.setColumn(1 + p, slopes.getColumn(axis));
    });
    return columns;
  };
}
