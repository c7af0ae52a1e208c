/** The library: what the command line is made of. */
export type { Case, Recording, Stimulus } from "./case/case.js";
export { createSyntheticPatient } from "./case/synthetic.js";
export { syntheticOptions } from "./case/synthetic-options.js";
export { catalog } from "./catalog/catalog.js";
export { LeadsError } from "./core/errors.js";
export type { Action, Decision } from "./discover/actions.js";
export { decisionJsonSchema } from "./discover/actions.js";
export type { Agent } from "./discover/agents/agent.js";
export { banditAgent } from "./discover/agents/bandit.js";
export { exhaustiveAgent } from "./discover/agents/exhaustive.js";
export { expertAgent } from "./discover/agents/expert.js";
export { type LlmOptions, llmAgent } from "./discover/agents/llm.js";
export { randomAgent } from "./discover/agents/random.js";
export { summariseCase } from "./discover/case-summary.js";
export { type ChosenProposer, chooseProposer } from "./discover/free-form/choose.js";
export type { Proposal } from "./discover/free-form/equations.js";
export { llmProposer } from "./discover/free-form/llm-proposer.js";
export type { Proposer } from "./discover/free-form/proposer.js";
export { scoreFreeForm } from "./discover/free-form/score.js";
export { runFreeForm } from "./discover/free-form/search.js";
export { transcriptProposer, writeTranscript } from "./discover/free-form/transcript.js";
export { initialSpecFor } from "./discover/initial-spec.js";
export { memoryStore, openJournal } from "./discover/journal.js";
export { fileStore } from "./discover/journal-file.js";
export { discover } from "./discover/loop.js";
export { parseMemory } from "./discover/memory.js";
export { type MemoryPrior, memoryPrior } from "./discover/memory-prior.js";
export { markUnrecorded, numberSpans } from "./discover/number-gate.js";
export type { Observation } from "./discover/observation.js";
export { factsOf } from "./discover/recorded-facts.js";
export { renderObservation } from "./discover/render.js";
export { replay } from "./discover/replay.js";
export {
  allNeural,
  diffusionOnly,
  humanHybrid,
  leadsAsPublished,
  onlyStructure,
  oracle,
  type Restriction,
  reactionOnly,
  restricted,
  singleReaction,
} from "./discover/restrictions.js";
export { openSession, type Session, type StepOutcome } from "./discover/session.js";
export type { GivenCommand, Steering, SteeringCommand } from "./discover/steering.js";
export { steeringCommandSchema } from "./discover/steering.js";
export type { Usage } from "./discover/usage.js";
export type { CandidateResult } from "./fit/candidate.js";
export { createSession, type Executor, inlineExecutor } from "./fit/executor.js";
export { fitCandidate } from "./fit/fit-candidate.js";
export { type FitRequest, fitCandidates } from "./fit/fit-candidates.js";
export { workerPool } from "./fit/worker-pool.js";
export { readCase, writeCase } from "./io/case-directory.js";
export { readTwin, writeTwin } from "./io/twin-directory.js";
export { biventricularHeart } from "./mesh/biventricular.js";
export { ellipsoidShell, sheet } from "./mesh/generators.js";
export type { Mesh } from "./mesh/mesh.js";
export { cable, grid, slab } from "./mesh/structured.js";
export { concentration, gate, param, potential, recovery, voltage } from "./model/declare.js";
export { parseEquations } from "./model/parse.js";
export { reaction } from "./model/reaction-system.js";
export { nativeBackEnd } from "./native/back-end.js";
export { compileTwin } from "./twin/compile.js";
export { score } from "./twin/metrics.js";
export { laneOf, lanePotential, simulate, timeGrid } from "./twin/simulate.js";
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
