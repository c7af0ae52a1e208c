import * as three from "three";
import { type ColourMap, noData, type Range, rampBytes } from "../ui/colours.js";
import type { Body } from "./body.js";
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

export interface PanelScene {
  readonly scene: three.Scene;
  set(values: ArrayLike<number>): void;
  mark(node: number | null): void;
  dispose(): void;
}

/** A panel as three.js draws it. */
export function createPanelScene(body: Body, panel: Panel, plane: three.Plane): PanelScene {
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
