export type {
  ActivationMap,
  AgentStep,
  FieldMap,
  Predictor,
  ReportCandidate,
  ReportData,
  ReportParameter,
  ReportSurface,
  SplitScores,
  Trace,
} from "./data.js";
export { activationPicture, type PictureOptions } from "./picture.js";
export { renderReport } from "./report.js";
export { summaryText } from "./summary.js";
