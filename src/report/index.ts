export type {
  ActivationMap,
  AgentStep,
  CaseFacts,
  Facts,
  FieldMap,
  Predictor,
  ReportCandidate,
  ReportData,
  ReportParameter,
  ReportSurface,
  RunFacts,
  SplitScores,
  Trace,
} from "./data.js";
export { activationPicture, type PictureOptions } from "./picture.js";
export { renderReport } from "./report.js";
export { summaryText } from "./summary.js";
export {
  renderVerification,
  type VerificationGroup,
  type VerificationReport,
} from "./verification.js";
export { countText, referenceText, toleranceText, valueText } from "./verification-text.js";
