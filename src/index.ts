/** The library: what the command line is made of. */
export type { Case, Recording, Stimulus } from "./case/case.js";
export { createSyntheticPatient } from "./case/synthetic.js";
export { syntheticOptions } from "./case/synthetic-options.js";
export { catalog } from "./catalog/catalog.js";
export { LeadsError } from "./core/errors.js";
export type { CandidateResult } from "./fit/candidate.js";
export { createSession, type Executor, inlineExecutor } from "./fit/executor.js";
export { fitCandidate } from "./fit/fit-candidate.js";
export { workerPool } from "./fit/worker-pool.js";
export { readCase, writeCase } from "./io/case-directory.js";
export { readTwin, writeTwin } from "./io/twin-directory.js";
export { biventricularHeart } from "./mesh/biventricular.js";
export { ellipsoidShell, sheet } from "./mesh/generators.js";
export type { Mesh } from "./mesh/mesh.js";
export { gate, param, potential, reaction, recovery } from "./model/declare.js";
export { parseEquations } from "./model/parse.js";
export { compileTwin } from "./twin/compile.js";
export { simulate, timeGrid } from "./twin/simulate.js";
export {
  type Catalog,
  defaultSpec,
  type Score,
  type Twin,
  type TwinSpec,
  type TwinValues,
} from "./twin/spec.js";
export { stableStep_ms } from "./twin/stability.js";
export { truthSimulator } from "./twin/truth.js";
