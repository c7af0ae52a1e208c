import { beelerReuter } from "./beeler-reuter.js";
import { buenoOrovio } from "./bueno-orovio.js";
import { corriasBuist } from "./corrias-buist.js";
import { courtemanche } from "./courtemanche.js";
import { fentonKarma } from "./fenton-karma.js";
import type { Golden } from "./golden.js";
import { hodgkinHuxley } from "./hodgkin-huxley.js";
import { karma } from "./karma.js";
import { luoRudy } from "./luo-rudy.js";
import { oharaRudy } from "./ohara-rudy.js";
import { tenTusscherPanfilov } from "./ten-tusscher-panfilov.js";

/** By name of the entry; test/catalog/ionic-golden.test.ts wants one for every further entry. */
export const goldens: Readonly<Record<string, Golden>> = {
  karma,
  "fenton-karma": fentonKarma,
  "bueno-orovio": buenoOrovio,
  "beeler-reuter": beelerReuter,
  "luo-rudy": luoRudy,
  "ten-tusscher-panfilov": tenTusscherPanfilov,
  courtemanche,
  "ohara-rudy": oharaRudy,
  "hodgkin-huxley": hodgkinHuxley,
  "corrias-buist": corriasBuist,
};
