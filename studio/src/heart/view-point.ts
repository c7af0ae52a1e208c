import * as three from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Body } from "./body.js";

export type Side = keyof typeof directions;

/** From where the heart is looked at; its apex is at -z. */
const directions = {
  front: new three.Vector3(0, -1, 0.25),
  back: new three.Vector3(0, 1, 0.25),
  left: new three.Vector3(1, 0, 0.25),
  right: new three.Vector3(-1, 0, 0.25),
  base: new three.Vector3(0, -0.05, 1),
  apex: new three.Vector3(0, -0.05, -1),
};

/** Turns z up into three's y up. */
const zUp = new three.Quaternion().setFromUnitVectors(
  new three.Vector3(0, 0, 1),
  new three.Vector3(0, 1, 0),
);

/** The camera of all panels and what moves it. */
export function createViewPoint(canvas: HTMLCanvasElement, body: Body, changed: () => void) {
  const camera = new three.PerspectiveCamera(30, 1, body.radius / 50, body.radius * 50);
  camera.up.set(0, 0, 1);
  const controls = new OrbitControls(camera, canvas);
  controls.enablePan = false;
  controls.target.copy(body.centre);
  controls.addEventListener("change", changed);
  /** Width / height of a panel. */
  let aspect = 1;
  const look = (direction: three.Vector3) => {
    // The heart fills its panel, whichever of its sides is the shorter one.
    const distance = (body.radius * 3.6) / Math.min(1, aspect);
    camera.position.copy(body.centre).addScaledVector(direction.normalize(), distance);
    controls.update();
    changed();
  };
  const offset = () => camera.position.clone().sub(body.centre);
  look(directions.front.clone());
  return {
    camera,
    fit: (panelAspect: number) => {
      aspect = panelAspect;
      camera.aspect = aspect;
      camera.updateProjectionMatrix();
      look(offset());
    },
    view: (side: Side) => look(directions[side].clone()),
    turn: (horizontal: number, vertical: number) => {
      const sphere = new three.Spherical().setFromVector3(offset().applyQuaternion(zUp));
      sphere.theta += horizontal;
      sphere.phi = Math.max(0.05, Math.min(Math.PI - 0.05, sphere.phi + vertical));
      look(new three.Vector3().setFromSpherical(sphere).applyQuaternion(zUp.clone().invert()));
    },
    dispose: () => controls.dispose(),
  };
}
