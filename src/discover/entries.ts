import { LeadsError } from "../core/errors.js";
import { finiteElements, gridOperators } from "../mesh/operators.js";
import type {
  Diffusion,
  MeshContext,
  OperatorName,
  OptionRange,
  OptionValues,
  PhysicsClass,
  Reaction,
} from "../model/declare.js";
import type { Catalog } from "../twin/spec.js";

/** What an agent sees of a reaction. */
export interface ReactionView {
  readonly name: string;
  readonly title: string;
  readonly states: number;
  /** Parameters that a fit may move. */
  readonly parameters: readonly string[];
  /** Of those parameters. */
  readonly units: Readonly<Record<string, string>>;
  readonly variants: Readonly<Record<string, { readonly fixed: readonly string[] }>>;
}

/** What an agent sees of a diffusion, built for this mesh with its default options. */
export interface DiffusionView {
  readonly name: string;
  readonly title: string;
  readonly physics: PhysicsClass;
  readonly operator: OperatorName;
  readonly needsFibres: boolean;
  /** "" or why this mesh cannot carry it. */
  readonly impossible: string;
  readonly options: Readonly<Record<string, OptionRange>>;
  readonly parameters: readonly string[];
  /** Learnt values per node. */
  readonly fields: readonly string[];
  readonly weights: number;
  /** Parameters + fields * nodes + network weights. */
  readonly degreesOfFreedom: number;
}

export interface CatalogView {
  readonly reactions: readonly ReactionView[];
  /** Simplest first. */
  readonly diffusions: readonly DiffusionView[];
}

export type DiscoveryMesh = MeshContext & { readonly nodes: number };

/** Geometric faithfulness of the operators: the order that breaks ties between equal counts. */
const operatorOrder: readonly OperatorName[] = [
  "mean",
  "graph",
  "inverse-distance",
  "p1",
  "p1-fibre",
  "p1-regional",
  "finite-difference",
  "finite-difference-fibre",
];

/** Strength of the guarantee that a class gives: conservative and stable first. */
const physicsOrder: readonly PhysicsClass[] = ["symmetric-flux", "antisymmetric-flux", "message"];

export const operatorRank = (view: DiffusionView): number => operatorOrder.indexOf(view.operator);

function fittedOf({ params, timeScale }: Reaction): Pick<ReactionView, "parameters" | "units"> {
  const all = { ...params, ...(timeScale ? { time_scale: timeScale } : {}) };
  const fitted = Object.entries(all).filter(([, { fitted }]) => fitted);
  return {
    parameters: fitted.map(([name]) => name),
    units: Object.fromEntries(fitted.map(([name, { unit }]) => [name, unit])),
  };
}

export function viewCatalog(catalog: Catalog, mesh: DiscoveryMesh): CatalogView {
  const reactions = Object.values(catalog.reactions).map((entry) => ({
    name: entry.name,
    title: entry.title,
    states: Object.keys(entry.states).length,
    ...fittedOf(entry),
    variants: Object.fromEntries(
      Object.entries(entry.variants ?? {}).map(([name, variant]) => [
        name,
        { fixed: variant.fixed },
      ]),
    ),
  }));
  const diffusions = Object.values(catalog.diffusions).map((entry) =>
    viewDiffusion(entry, defaultOptions(entry), mesh),
  );
  return { reactions, diffusions: diffusions.sort(bySimplicity) };
}

export const defaultOptions = (entry: Pick<Diffusion, "options">): OptionValues =>
  Object.fromEntries(Object.entries(entry.options).map(([name, range]) => [name, range.default]));

export function viewDiffusion(
  entry: Diffusion,
  options: OptionValues,
  mesh: DiscoveryMesh,
): DiffusionView {
  const common = {
    name: entry.name,
    title: entry.title,
    physics: entry.physics,
    operator: entry.operator,
    needsFibres: entry.needsFibres ?? false,
    options: entry.options,
  };
  const lacking = whyImpossible(entry, mesh);
  if (lacking) return { ...common, ...nothing, impossible: lacking };
  try {
    const built = entry.build(options, mesh);
    const parameters = Object.keys(built.params).filter((name) => built.params[name].fitted);
    const fields = Object.keys(built.fields);
    const weights = built.network?.count ?? 0;
    const degreesOfFreedom = parameters.length + fields.length * mesh.nodes + weights;
    return { ...common, parameters, fields, weights, degreesOfFreedom, impossible: "" };
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    return { ...common, ...nothing, impossible: error.message };
  }
}

const nothing = { parameters: [], fields: [], weights: 0, degreesOfFreedom: 0 } as const;

function whyImpossible(entry: Diffusion, mesh: DiscoveryMesh): string {
  if (finiteElements.has(entry.operator) && mesh.hasGrid)
    return "it needs elements and this mesh is a grid without them";
  if (gridOperators.has(entry.operator) && !mesh.hasGrid)
    return "it needs a structured grid and this mesh is made of elements";
  if ((entry.needsFibres || entry.operator === "p1-fibre") && !mesh.hasFibres)
    return "it needs fibre directions and this mesh has none";
  if (entry.operator === "p1-regional" && mesh.regionTags.length < 2)
    return "it needs at least two labelled regions and this mesh has fewer";
  return "";
}

/** Degrees of freedom, then the stronger guarantee, then the more faithful geometry. */
function bySimplicity(a: DiffusionView, b: DiffusionView): number {
  return (
    a.degreesOfFreedom - b.degreesOfFreedom ||
    physicsOrder.indexOf(a.physics) - physicsOrder.indexOf(b.physics) ||
    operatorRank(b) - operatorRank(a) ||
    (a.name < b.name ? -1 : 1)
  );
}

/**
 * The next entry with more (+1) or fewer (-1) degrees of freedom: of the same physics class and
 * without giving up the fibres where there is one, else of the same class, else of any; among
 * equals the stronger guarantee and the more faithful geometry.
 */
export function neighbourEntry(
  catalog: CatalogView,
  name: string,
  direction: 1 | -1,
): DiffusionView | undefined {
  const here = catalog.diffusions.find((view) => view.name === name);
  if (!here) return undefined;
  const beyond = catalog.diffusions.filter(
    (view) => !view.impossible && direction * (view.degreesOfFreedom - here.degreesOfFreedom) > 0,
  );
  const kin = beyond.filter((view) => view.physics === here.physics);
  const closest = kin.filter((view) =>
    direction === 1 ? view.needsFibres || !here.needsFibres : view.needsFibres === here.needsFibres,
  );
  const pool = [closest, kin, beyond].find((views) => views.length > 0) ?? [];
  const count = pool[direction === 1 ? 0 : pool.length - 1]?.degreesOfFreedom;
  return pool.find((view) => view.degreesOfFreedom === count);
}

export interface DiffusionStep {
  /** Absent: the first option that can move, else the neighbouring entry. */
  readonly option: string | undefined;
  /** +1 richer, -1 simpler. */
  readonly direction: 1 | -1;
}

/** One step along an option's list or to the neighbouring entry; undefined at the end. */
export function walkDiffusion(
  catalog: CatalogView,
  { name, options }: { readonly name: string; readonly options: OptionValues },
  { option, direction }: DiffusionStep,
): { readonly name: string; readonly options: OptionValues } | undefined {
  const ranges = catalog.diffusions.find((view) => view.name === name)?.options ?? {};
  for (const key of option ? [option] : Object.keys(ranges)) {
    const values = ranges[key]?.values ?? [];
    const next = values.indexOf(options[key]) + direction;
    if (next >= 0 && next < values.length)
      return { name, options: { ...options, [key]: values[next] } };
  }
  const neighbour = option ? undefined : neighbourEntry(catalog, name, direction);
  return neighbour && { name: neighbour.name, options: defaultOptions(neighbour) };
}
