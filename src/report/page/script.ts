import { colourKit } from "./colours.js";
import { sceneKit } from "./scene.js";
import { surfaceKit } from "./surface.js";
import { viewerKit } from "./viewer.js";

/**
 * The page's script is the text of four functions that the compiler checks and the tests call.
 * There is no bundler at run time, so each of them is closed in itself: it takes what it needs as
 * parameters and refers to nothing outside its body. Renaming by a minifier does no harm then, and
 * a template string, which nothing checks, is not needed. Some transpilers (esbuild's keepNames)
 * wrap functions in a helper called __name; the first line answers that.
 */
export function pageScript(): string {
  return `"use strict";
var __name = (target) => target;
{
const surfaces = (${surfaceKit})();
const scenes = (${sceneKit})(surfaces);
const colours = (${colourKit})();
const payload = JSON.parse(document.getElementById("payload").textContent);
(${viewerKit})({ surfaces, scenes, colours }).start(document, payload);
}`;
}
