import type { Bands, ColourKit, ColourScale } from "./colours.js";
import type { PageMap, PagePayload } from "./payload.js";
import type { Camera, Cut, Frame, Layer, Marker, Scene, SceneKit } from "./scene.js";

/** One canvas and what it shows. */
interface Panel {
  readonly name: string;
  readonly canvas: HTMLCanvasElement;
  readonly legend: Element;
  readonly output: Element;
  /** Values of the chosen recording (or of the field) with their bands. */
  values: Float32Array;
  unit: string;
  bands: Bands;
  cut: Cut;
}

/** Closed in itself: starts the maps of the page. Text from data reaches the page as text only. */
export function viewerKit(scenes: SceneKit, colours: ColourKit) {
  function start(document: Document, payload: PagePayload): void {
    const window = document.defaultView as Window & typeof globalThis;
    const scene = scenes.prepare(floats(payload.points), integers(payload.triangles));
    const find = <T extends Element>(selector: string) => document.querySelector<T>(selector);
    const maps = payload.maps.map((map) => unpack(scene, map));
    const panels = [...document.querySelectorAll<HTMLElement>("[data-panel]")].map(panelOf);
    let map = maps[0];
    let chosen = -1;
    let pinned = false;
    let camera = home();
    let waiting = false;

    function home(): Camera {
      return scenes.cameraAt(scene, map?.pacing[0]);
    }

    function panelOf(element: HTMLElement): Panel {
      return {
        name: element.dataset.panel ?? "",
        canvas: element.querySelector("canvas") as HTMLCanvasElement,
        legend: element.querySelector(".legend") as Element,
        output: element.querySelector("output") as Element,
        values: new Float32Array(0),
        unit: "ms",
        bands: { levels: [], colours: [] },
        cut: scenes.cut(scene, new Float32Array(scene.points.length / 3).fill(Number.NaN), []),
      };
    }

    /** Values, scale, and the values that the bands must cover, of a panel by its name. */
    function contentOf(name: string) {
      const field = payload.fields[Number(name.replace("field-", ""))];
      if (name.startsWith("field-"))
        return {
          values: floats(field.values),
          scale: field.scale as ColourScale,
          unit: field.unit,
        };
      const values = map[name as "truth" | "prediction" | "error" | "uncertainty"];
      const scale: ColourScale =
        name === "error" ? "error" : name === "uncertainty" ? "linear" : "time";
      return { values, scale, unit: "ms" };
    }

    function load(): void {
      const step = Number(find<HTMLSelectElement>("#spacing")?.value ?? 0);
      for (const panel of panels) {
        const { values, scale, unit } = contentOf(panel.name);
        const covered = scale === "time" && map.truth.some(Number.isFinite) ? map.truth : values;
        panel.values = values;
        panel.unit = unit;
        panel.bands = colours.bands(scale, covered, scale === "time" ? step : 0);
        panel.cut = scenes.cut(scene, values, panel.bands.levels);
        fillLegend(document, panel, colours);
      }
      const about = find("#map-facts");
      if (about && map) about.textContent = map.about;
      show();
    }

    function show(): void {
      if (!waiting) window.requestAnimationFrame(paintAll);
      waiting = true;
    }

    function paintAll(): void {
      waiting = false;
      for (const panel of panels) {
        const context = panel.canvas.getContext("2d");
        if (!context) continue;
        const ratio = Math.min(3, Math.max(1, window.devicePixelRatio || 1));
        const [width, height] = [panel.canvas.clientWidth, panel.canvas.clientHeight];
        panel.canvas.width = Math.round(width * ratio);
        panel.canvas.height = Math.round(height * ratio);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const look = {
          camera,
          frame: frameOf(panel.canvas),
          colours: panel.bands.colours,
          markers: markersOf(panel),
        };
        for (const layer of scenes.layers(scene, panel.cut, look)) paint(context, layer);
      }
      tell();
    }

    function markersOf(panel: Panel): Marker[] {
      const markers: Marker[] = panel.cut.lonely.map(({ node, band }) => ({
        node,
        kind: "value",
        colour: colours.css(panel.bands.colours[band]),
      }));
      const add = (nodes: readonly number[], kind: Marker["kind"], colour: string) => {
        for (const node of nodes) markers.push({ node, kind, colour });
      };
      if (map && find<HTMLInputElement>("#electrodes")?.checked)
        add(map.electrodes, "electrode", "#ffffff");
      if (map) add(map.pacing, "pacing", "#ffffff");
      if (chosen >= 0) add([chosen], "chosen", "#ffffff");
      return markers;
    }

    function tell(): void {
      for (const panel of panels) {
        const value = chosen < 0 ? Number.NaN : panel.values[chosen];
        const text = Number.isFinite(value) ? `${colours.label(value)} ${panel.unit}` : "no data";
        panel.output.textContent = chosen < 0 ? "" : `node ${chosen}: ${text}`;
      }
    }

    function turn(yaw: number, pitch: number): void {
      const limit = Math.PI / 2;
      camera = {
        ...camera,
        yaw: camera.yaw + yaw,
        pitch: Math.max(-limit, Math.min(limit, camera.pitch + pitch)),
      };
      show();
    }

    function zoom(factor: number): void {
      camera = { ...camera, zoom: Math.max(0.5, Math.min(8, camera.zoom * factor)) };
      show();
    }

    function choose(node: number): void {
      if (node === chosen) return;
      chosen = node;
      show();
    }

    const commands: Readonly<Record<string, () => void>> = {
      left: () => turn(-0.2, 0),
      right: () => turn(0.2, 0),
      up: () => turn(0, 0.2),
      down: () => turn(0, -0.2),
      closer: () => zoom(1.25),
      farther: () => zoom(0.8),
      above: () => turn(0, Math.PI),
      below: () => turn(0, -Math.PI),
      reset: () => {
        camera = home();
        show();
      },
    };
    const keys: Readonly<Record<string, string>> = {
      ArrowLeft: "left",
      ArrowRight: "right",
      ArrowUp: "up",
      ArrowDown: "down",
      "+": "closer",
      "=": "closer",
      "-": "farther",
      Home: "reset",
      "0": "reset",
    };

    function listen(canvas: HTMLCanvasElement): void {
      let last: PointerEvent | undefined;
      let moved = 0;
      const nodeUnder = (event: PointerEvent) =>
        scenes.pick(scene, scenes.project(scene, camera, frameOf(canvas)), {
          x: event.offsetX,
          y: event.offsetY,
          reach: 14,
        });
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        last = event;
        moved = 0;
      });
      canvas.addEventListener("pointermove", (event) => {
        if (last) {
          const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
          moved += Math.abs(dx) + Math.abs(dy);
          last = event;
          turn(dx / 120, dy / 120);
        } else if (!pinned) choose(nodeUnder(event));
      });
      canvas.addEventListener("pointerup", (event) => {
        last = undefined;
        if (moved > 4) return;
        const node = nodeUnder(event);
        pinned = node >= 0 && !(pinned && node === chosen);
        choose(node);
      });
      canvas.addEventListener("pointercancel", () => {
        last = undefined;
      });
      canvas.addEventListener("pointerleave", () => {
        if (!pinned && !last) choose(-1);
      });
      canvas.addEventListener(
        "wheel",
        (event) => {
          // Plain scrolling belongs to the page; a pinch arrives as a wheel with ctrlKey.
          if (!event.ctrlKey) return;
          event.preventDefault();
          zoom(Math.exp(-event.deltaY / 200));
        },
        { passive: false },
      );
      canvas.addEventListener("keydown", (event) => {
        const command = keys[event.key];
        if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        commands[command]();
      });
    }

    for (const { canvas } of panels) listen(canvas);
    for (const button of document.querySelectorAll<HTMLElement>("[data-command]"))
      button.addEventListener("click", () => commands[button.dataset.command ?? ""]?.());
    find<HTMLSelectElement>("#recording")?.addEventListener("change", (event) => {
      map = maps[(event.target as HTMLSelectElement).selectedIndex];
      load();
    });
    find("#spacing")?.addEventListener("change", load);
    find("#electrodes")?.addEventListener("change", show);
    find<HTMLInputElement>("#node")?.addEventListener("input", (event) => {
      const { value } = event.target as HTMLInputElement;
      const node = value === "" ? -1 : Number(value);
      const exists = Number.isInteger(node) && node >= 0 && node < scene.points.length / 3;
      pinned = exists;
      if (exists && !scene.flat) {
        const { yaw, pitch } = scenes.cameraAt(scene, node);
        camera = { ...camera, yaw, pitch };
      }
      choose(exists ? node : -1);
    });
    window.addEventListener("resize", show);
    window.addEventListener("beforeprint", paintAll);
    load();
  }

  function frameOf(canvas: HTMLCanvasElement): Frame {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    return { x: width / 2, y: height / 2, radius: 0.47 * Math.min(width, height) };
  }

  function unpack(scene: Scene, map: PageMap) {
    const [truth, prediction] = [floats(map.truth), floats(map.prediction)];
    return {
      truth,
      prediction,
      error: truth.map((value, node) => prediction[node] - value),
      uncertainty: map.uncertainty ? floats(map.uncertainty) : truth.map(() => Number.NaN),
      pacing: map.pacing.map((node) => scenes.surfaceNode(scene, node)).filter((node) => node >= 0),
      electrodes: map.electrodes,
      about: map.about,
    };
  }

  function bytes(base64: string): ArrayBuffer {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
  }

  function floats(base64: string): Float32Array {
    return new Float32Array(bytes(base64));
  }

  function integers(base64: string): Int32Array {
    return new Int32Array(bytes(base64));
  }

  function fillLegend(document: Document, panel: Panel, kit: ColourKit): void {
    panel.legend.replaceChildren(
      ...kit.legend(panel.bands).map((cell) => {
        const element = document.createElement("span");
        element.style.background = cell.colour;
        element.dataset.label = cell.label;
        return element;
      }),
    );
  }

  function paint(context: CanvasRenderingContext2D, layer: Layer): void {
    if (layer.kind === "marker") {
      paintMarker(context, layer);
      return;
    }
    context.beginPath();
    for (const path of layer.paths) {
      context.moveTo(path[0], path[1]);
      for (let i = 2; i < path.length; i += 2) context.lineTo(path[i], path[i + 1]);
      if (layer.kind === "fill") context.closePath();
    }
    context.lineJoin = "round";
    context.lineCap = "round";
    if (layer.kind === "fill") {
      context.fillStyle = layer.colour;
      context.fill();
      // A hair of the same colour hides the seams between neighbours.
      context.strokeStyle = layer.colour;
      context.lineWidth = 0.7;
    } else {
      context.strokeStyle = layer.kind === "outline" ? "rgba(90,98,110,.8)" : "rgba(0,0,0,.6)";
      context.lineWidth = layer.kind === "outline" ? 1.1 : 0.8;
    }
    context.stroke();
  }

  function paintMarker(
    context: CanvasRenderingContext2D,
    { marker, x, y }: { marker: Marker; x: number; y: number },
  ): void {
    const radius = { pacing: 6, electrode: 2, value: 3.2, chosen: 9 }[marker.kind];
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = marker.colour;
    if (marker.kind !== "chosen") context.fill();
    context.strokeStyle = marker.kind === "chosen" ? "#ffffff" : "#111111";
    context.lineWidth = marker.kind === "chosen" ? 4 : marker.kind === "pacing" ? 2 : 1;
    context.stroke();
    if (marker.kind === "electrode" || marker.kind === "value") return;
    context.beginPath();
    context.arc(x, y, marker.kind === "chosen" ? radius : 2, 0, 2 * Math.PI);
    context.fillStyle = "#d4002a";
    context.strokeStyle = "#111111";
    context.lineWidth = 1.5;
    if (marker.kind === "chosen") context.stroke();
    else context.fill();
  }

  return { start, floats, integers };
}
