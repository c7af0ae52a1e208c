import * as three from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { MeshBVH } from "three-mesh-bvh";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";
import { boundarySurface } from "../../../src/mesh/surface.js";
import { type ColourMap, noData, type Range, rampBytes } from "../ui/colours.js";
import { fragmentShader, vertexShader } from "./shaders.js";

/** One picture of the heart. */
export interface Panel {
  /** [N]; NaN = no data, drawn grey. */
  readonly values: ArrayLike<number>;
  readonly range: Range;
  readonly colours: ColourMap;
  /** Distance of the isolines in the values' unit; 0 draws none. */
  readonly isolines: number;
  /** Measured nodes, drawn as points. */
  readonly electrodes: ArrayLike<number>;
  /** Nodes where the beat starts. */
  readonly sites: readonly number[];
}

export interface Stage {
  /** Side by side in the canvas, with one camera. */
  show(panels: readonly Panel[]): void;
  /** Other values of a panel that is shown: cheap, for playing. */
  update(panel: number, values: ArrayLike<number>): void;
  /** Share of the heart that is cut away from the viewer's side at the start, 0..1. */
  clip(share: number): void;
  /** Rings round a node. */
  mark(node: number | null): void;
  /** Size in CSS pixels. */
  resize(width: number, height: number): void;
  /** The node of the surface at a place of the canvas in CSS pixels; null beside the heart. */
  pick(x: number, y: number): number | null;
  view(direction: "front" | "back" | "left" | "right" | "base" | "apex"): void;
  turn(horizontal: number, vertical: number): void;
  /** The canvas as it is. */
  snapshot(): Promise<Blob>;
  dispose(): void;
}

/** Throws where the browser has no WebGL 2. */
export function createStage(canvas: HTMLCanvasElement, mesh: Mesh): Stage {
  const renderer = new three.WebGLRenderer({
    canvas,
    antialias: true,
    preserveDrawingBuffer: true,
  });
  renderer.setPixelRatio(Math.min(2, devicePixelRatio));
  renderer.setScissorTest(true);
  renderer.localClippingEnabled = true;
  const body = createBody(mesh);
  const camera = new three.PerspectiveCamera(30, 1, body.radius / 50, body.radius * 50);
  camera.up.set(0, 0, 1);
  const controls = new OrbitControls(camera, canvas);
  controls.enablePan = false;
  controls.target.copy(body.centre);
  const plane = new three.Plane(new three.Vector3(0, 1, 0), body.radius * 2);
  let scenes: PanelScene[] = [];
  let size = { width: 1, height: 1 };
  let asked = false;
  const draw = () => {
    asked = false;
    const width = size.width / Math.max(1, scenes.length);
    camera.aspect = width / size.height;
    camera.updateProjectionMatrix();
    for (const [k, { scene }] of scenes.entries()) {
      renderer.setViewport(k * width, 0, width, size.height);
      renderer.setScissor(k * width, 0, width, size.height);
      renderer.render(scene, camera);
    }
  };
  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  };
  controls.addEventListener("change", redraw);
  /** The heart fills its panel, whichever of its sides is the shorter one. */
  const distance = () => {
    const aspect = size.width / Math.max(1, scenes.length) / size.height;
    return (body.radius * 4) / Math.min(1, aspect);
  };
  const look = (direction: three.Vector3) => {
    camera.position.copy(body.centre).addScaledVector(direction.normalize(), distance());
    controls.update();
    redraw();
  };
  const fit = () => look(camera.position.clone().sub(body.centre));
  look(directions.front.clone());
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
      plane.constant =
        body.radius * (1 - 2 * share) * 1.01 - body.centre.y + (share === 0 ? 1e6 : 0);
      redraw();
    },
    mark: (node) => {
      for (const scene of scenes) scene.mark(node);
      redraw();
    },
    resize: (width, height) => {
      size = { width, height };
      renderer.setSize(width, height, false);
      fit();
    },
    pick: (x, y) => pickNode(body, camera, inPanel(x, y, size, scenes.length)),
    view: (name) => look(directions[name].clone()),
    turn: (horizontal, vertical) => {
      const offset = camera.position.clone().sub(body.centre);
      const sphere = new three.Spherical().setFromVector3(offset.applyQuaternion(zUp));
      sphere.theta += horizontal;
      sphere.phi = Math.max(0.05, Math.min(Math.PI - 0.05, sphere.phi + vertical));
      look(offset.setFromSpherical(sphere).applyQuaternion(zUp.clone().invert()));
    },
    snapshot: () => {
      draw();
      return new Promise((resolve, reject) =>
        canvas.toBlob(
          (blob) => (blob ? resolve(blob) : reject(new Error("No picture."))),
          "image/png",
        ),
      );
    },
    dispose: () => {
      for (const scene of scenes) scene.dispose();
      controls.dispose();
      body.geometry.dispose();
      renderer.dispose();
    },
  };
}

/** Turns z up into three's y up. */
const zUp = new three.Quaternion().setFromUnitVectors(
  new three.Vector3(0, 0, 1),
  new three.Vector3(0, 1, 0),
);

/** From where the heart is looked at; its apex is at -z. */
const directions = {
  front: new three.Vector3(0, -1, 0.25),
  back: new three.Vector3(0, 1, 0.25),
  left: new three.Vector3(1, 0, 0.25),
  right: new three.Vector3(-1, 0, 0.25),
  base: new three.Vector3(0, -0.05, 1),
  apex: new three.Vector3(0, -0.05, -1),
};

interface Body {
  readonly geometry: three.BufferGeometry;
  readonly bvh: MeshBVH;
  readonly centre: three.Vector3;
  readonly radius: number;
  readonly nodes: number;
}

function createBody(mesh: Mesh): Body {
  const geometry = new three.BufferGeometry();
  geometry.setAttribute("position", new three.BufferAttribute(Float32Array.from(mesh.points), 3));
  geometry.setIndex(
    new three.BufferAttribute(Uint32Array.from(boundarySurface(mesh).triangles), 1),
  );
  geometry.computeVertexNormals();
  geometry.computeBoundingSphere();
  const { center, radius } = geometry.boundingSphere!;
  // The tree reorders the triangles it is given; ours stay as they are.
  const bvh = new MeshBVH(geometry, { indirect: true });
  return { geometry, bvh, centre: center.clone(), radius, nodes: nodeCount(mesh) };
}

interface PanelScene {
  readonly scene: three.Scene;
  set(values: ArrayLike<number>): void;
  mark(node: number | null): void;
  dispose(): void;
}

function createPanelScene(body: Body, panel: Panel, plane: three.Plane): PanelScene {
  const geometry = body.geometry.clone();
  const value = new three.BufferAttribute(new Float32Array(body.nodes), 1);
  const missing = new three.BufferAttribute(new Float32Array(body.nodes), 1);
  geometry.setAttribute("value", value);
  geometry.setAttribute("missing", missing);
  const ramp = new three.DataTexture(rampBytes(panel.colours), 256, 1);
  ramp.magFilter = three.LinearFilter;
  ramp.needsUpdate = true;
  const material = new three.ShaderMaterial({
    vertexShader,
    fragmentShader,
    side: three.DoubleSide,
    clipping: true,
    clippingPlanes: [plane],
    uniforms: {
      ramp: { value: ramp },
      low: { value: panel.range.low },
      high: { value: panel.range.high },
      isolines: { value: panel.isolines },
      noData: { value: new three.Vector3(...noData) },
    },
  });
  const scene = new three.Scene();
  scene.background = new three.Color(0xffffff);
  scene.add(new three.Mesh(geometry, material));
  const electrodes = pointsAt(body, panel.electrodes, { size: 4, colour: 0x111111, plane });
  const sites = pointsAt(body, panel.sites, { size: 11, colour: 0xd6006e, plane });
  const marker = pointsAt(body, [], { size: 13, colour: 0x000000, plane });
  scene.add(electrodes, sites, marker);
  const set = (values: ArrayLike<number>) => {
    for (let i = 0; i < body.nodes; i++) {
      const known = Number.isFinite(values[i]);
      value.array[i] = known ? values[i] : panel.range.low;
      missing.array[i] = known ? 0 : 1;
    }
    value.needsUpdate = true;
    missing.needsUpdate = true;
  };
  set(panel.values);
  return {
    scene,
    set,
    mark: (node) => {
      marker.geometry.dispose();
      marker.geometry = pointGeometry(body, node === null ? [] : [node]);
    },
    dispose: () => {
      for (const points of [electrodes, sites, marker]) {
        points.geometry.dispose();
        points.material.map?.dispose();
        points.material.dispose();
      }
      geometry.dispose();
      material.dispose();
      ramp.dispose();
    },
  };
}

/** Points are lifted off the surface by this share of the heart's radius. */
const lift = 0.012;

function pointGeometry({ geometry, radius }: Body, nodes: ArrayLike<number>): three.BufferGeometry {
  const [position, normal] = [geometry.getAttribute("position"), geometry.getAttribute("normal")];
  const place = (i: number) =>
    new three.Vector3()
      .fromBufferAttribute(position, i)
      .addScaledVector(new three.Vector3().fromBufferAttribute(normal, i), lift * radius)
      .toArray();
  const made = new three.BufferGeometry();
  const places = Array.from(nodes, place).flat();
  made.setAttribute("position", new three.Float32BufferAttribute(places, 3));
  return made;
}

interface Look {
  readonly size: number;
  readonly colour: number;
  readonly plane: three.Plane;
}

function pointsAt(body: Body, nodes: ArrayLike<number>, { size, colour, plane }: Look) {
  const material = new three.PointsMaterial({
    size: size * Math.min(2, devicePixelRatio),
    sizeAttenuation: false,
    color: colour,
    clippingPlanes: [plane],
    map: disc(),
    alphaTest: 0.5,
  });
  return new three.Points(pointGeometry(body, nodes), material);
}

/** A white disc: points are round. */
function disc(): three.DataTexture {
  const n = 32;
  const bytes = new Uint8Array(4 * n * n).fill(255);
  for (let k = 0; k < n * n; k++) {
    const [x, y] = [(k % n) - (n - 1) / 2, Math.floor(k / n) - (n - 1) / 2];
    bytes[4 * k + 3] = Math.hypot(x, y) < n / 2 - 1 ? 255 : 0;
  }
  const texture = new three.DataTexture(bytes, n, n);
  texture.needsUpdate = true;
  return texture;
}

/** Place inside its panel, -1..1 in both directions. */
function inPanel(x: number, y: number, size: { width: number; height: number }, panels: number) {
  const width = size.width / Math.max(1, panels);
  return new three.Vector2(((x % width) / width) * 2 - 1, 1 - (y / size.height) * 2);
}

function pickNode(body: Body, camera: three.Camera, at: three.Vector2): number | null {
  const caster = new three.Raycaster();
  caster.setFromCamera(at, camera);
  const hit = body.bvh.raycastFirst(caster.ray, three.DoubleSide);
  if (!hit?.face) return null;
  const position = body.geometry.getAttribute("position");
  const distance = (node: number) =>
    hit.point.distanceTo(new three.Vector3().fromBufferAttribute(position, node));
  return [hit.face.a, hit.face.b, hit.face.c].sort((a, b) => distance(a) - distance(b))[0];
}
