import type { Figure } from "../figure.js";

/** A figure before the load of its row is known. */
export type RowFigure = Omit<Figure, "load">;
