import type { Diffusion, Reaction } from "../model/declare.js";
import { conductivityField, conductivityFieldFibre } from "./diffusion/conductivity-field.js";
import { finiteDifference } from "./diffusion/finite-difference.js";
import { finiteDifferenceFibre } from "./diffusion/finite-difference-fibre.js";
import { finiteElement } from "./diffusion/finite-element.js";
import { finiteElementFibre } from "./diffusion/finite-element-fibre.js";
import { finiteElementRegional } from "./diffusion/finite-element-regional.js";
import { graphAttention } from "./diffusion/graph-attention.js";
import { graphLaplacian } from "./diffusion/graph-laplacian.js";
import { inverseDistance } from "./diffusion/inverse-distance.js";
import { meanAggregation } from "./diffusion/mean-aggregation.js";
import { neuralConductance } from "./diffusion/neural-conductance.js";
import { neuralFlux } from "./diffusion/neural-flux.js";
import { alievPanfilov } from "./reaction/aliev-panfilov.js";
import { beelerReuter } from "./reaction/beeler-reuter.js";
import { buenoOrovio } from "./reaction/bueno-orovio.js";
import { corriasBuist } from "./reaction/corrias-buist.js";
import { courtemanche } from "./reaction/courtemanche.js";
import { fentonKarma } from "./reaction/fenton-karma.js";
import { fitzHughNagumo } from "./reaction/fitzhugh-nagumo.js";
import { hodgkinHuxley } from "./reaction/hodgkin-huxley.js";
import { karma } from "./reaction/karma.js";
import { luoRudy } from "./reaction/luo-rudy.js";
import { mitchellSchaeffer } from "./reaction/mitchell-schaeffer.js";
import { modifiedMitchellSchaeffer } from "./reaction/modified-mitchell-schaeffer.js";
import { neuralMembrane } from "./reaction/neural-membrane.js";
import { oharaRudy } from "./reaction/ohara-rudy.js";
import { rogersMcCulloch } from "./reaction/rogers-mcculloch.js";
import { tenTusscherPanfilov } from "./reaction/ten-tusscher-panfilov.js";

const byName = <T extends { readonly name: string }>(entries: readonly T[]): Record<string, T> =>
  Object.fromEntries(entries.map((entry) => [entry.name, entry]));

/** Everything a twin can be made of, from simple to rich. */
export const catalog: {
  readonly reactions: Readonly<Record<string, Reaction>>;
  readonly diffusions: Readonly<Record<string, Diffusion>>;
} = {
  reactions: byName([
    alievPanfilov,
    rogersMcCulloch,
    mitchellSchaeffer,
    modifiedMitchellSchaeffer,
    fitzHughNagumo,
    karma,
    fentonKarma,
    buenoOrovio,
    beelerReuter,
    luoRudy,
    tenTusscherPanfilov,
    courtemanche,
    oharaRudy,
    hodgkinHuxley,
    corriasBuist,
    neuralMembrane,
  ]),
  diffusions: byName([
    meanAggregation,
    graphLaplacian,
    inverseDistance,
    finiteDifference,
    finiteDifferenceFibre,
    finiteElement,
    finiteElementFibre,
    finiteElementRegional,
    conductivityField,
    conductivityFieldFibre,
    neuralConductance,
    neuralFlux,
    graphAttention,
  ]),
};
