import * as three from "three";
import type { Mesh } from "../../../src/mesh/mesh.js";
import { createBody, pickNode } from "./body.js";
import { createPanelScene, type Panel, type PanelScene } from "./panel-scene.js";
import { createViewPoint, type Side } from "./view-point.js";

export interface Stage {
  /** Side by side in the canvas, with one camera. */
  show(panels: readonly Panel[]): void;
  /** Other values of a panel that is shown: cheap, for playing. */
  update(panel: number, values: ArrayLike<number>): void;
  /** Share of the heart that is cut away from the viewer's side at the start, 0..1. */
  clip(share: number): void;
  /** Rings round a node. */
  mark(node: number | null): void;
  /** Size in CSS pixels; a canvas that is not shown has none, and stays as it was. */
  resize(width: number, height: number): void;
  /** The node of the surface at a place of the canvas in CSS pixels; null beside the heart. */
  pick(x: number, y: number): number | null;
  view(direction: Side): void;
  turn(horizontal: number, vertical: number): void;
  /** The canvas as it is. */
  snapshot(): Promise<Blob>;
  dispose(): void;
}

/** Throws where the browser has no WebGL 2. */
export function createStage(canvas: HTMLCanvasElement, mesh: Mesh): Stage {
  const renderer = createRenderer(canvas);
  const body = createBody(mesh);
  const plane = new three.Plane(new three.Vector3(0, 1, 0), uncut);
  let scenes: PanelScene[] = [];
  let size = { width: 1, height: 1 };
  let frame = 0;
  const panelWidth = () => size.width / Math.max(1, scenes.length);
  const draw = () => {
    frame = 0;
    for (const [k, { scene }] of scenes.entries()) {
      renderer.setViewport(k * panelWidth(), 0, panelWidth(), size.height);
      renderer.setScissor(k * panelWidth(), 0, panelWidth(), size.height);
      renderer.render(scene, viewPoint.camera);
    }
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const viewPoint = createViewPoint(canvas, body, redraw);
  const fit = () => viewPoint.fit(panelWidth() / size.height);
  return {
    show: (panels) => {
      for (const scene of scenes) scene.dispose();
      const before = scenes.length;
      scenes = panels.map((panel) => createPanelScene(body, panel, plane));
      if (scenes.length !== before) fit();
      redraw();
    },
    update: (panel, values) => {
      scenes[panel]?.set(values);
      redraw();
    },
    clip: (share) => {
      plane.constant = share === 0 ? uncut : body.radius * (1 - 2 * share) * 1.01 - body.centre.y;
      redraw();
    },
    mark: (node) => {
      for (const scene of scenes) scene.mark(node);
      redraw();
    },
    resize: (width, height) => {
      if (width === 0 || height === 0) return;
      size = { width, height };
      renderer.setSize(width, height, false);
      fit();
    },
    pick: (x, y) =>
      pickNode(
        body,
        { camera: viewPoint.camera, plane },
        inPanel(x, y, { ...size, width: panelWidth() }),
      ),
    view: viewPoint.view,
    turn: viewPoint.turn,
    snapshot: () => {
      draw();
      return pictureOf(canvas);
    },
    dispose: () => {
      cancelAnimationFrame(frame);
      for (const scene of scenes) scene.dispose();
      viewPoint.dispose();
      body.geometry.dispose();
      renderer.dispose();
      // Browsers give out a dozen contexts or so, and take back only what is let go.
      renderer.forceContextLoss();
    },
  };
}

/** Distance of a cutting plane that cuts nothing. */
const uncut = 1e6;

function createRenderer(canvas: HTMLCanvasElement): three.WebGLRenderer {
  const renderer = new three.WebGLRenderer({
    canvas,
    antialias: true,
    preserveDrawingBuffer: true,
  });
  renderer.setPixelRatio(Math.min(2, devicePixelRatio));
  renderer.setScissorTest(true);
  renderer.localClippingEnabled = true;
  return renderer;
}

/** Place inside its panel, -1..1 in both directions. */
const inPanel = (x: number, y: number, panel: { width: number; height: number }) =>
  new three.Vector2(((x % panel.width) / panel.width) * 2 - 1, 1 - (y / panel.height) * 2);

const pictureOf = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("No picture."))), "image/png"),
  );
