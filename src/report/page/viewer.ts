import type { Bands, ColourKit, ColourScale } from "./colours.js";
import type { PageMap, PagePayload } from "./payload.js";
import type { Camera, Frame, Layer, Marker, SceneKit } from "./scene.js";
import type { Cut, Scene, SurfaceKit } from "./surface.js";

export interface PageKits {
  readonly surfaces: SurfaceKit;
  readonly scenes: SceneKit;
  readonly colours: ColourKit;
}

/** One canvas and what it shows. */
interface Panel {
  readonly name: string;
  readonly figure: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly legend: Element;
  readonly output: Element;
  content: Content;
}

/** Values of the chosen recording, or of a field, with their bands. */
interface Content {
  readonly values: Float32Array;
  readonly unit: string;
  readonly scale: ColourScale;
  readonly bands: Bands;
  readonly cut: Cut;
}

/** What a pointer or a key may do. */
interface Hands {
  readonly commands: Readonly<Record<string, () => void>>;
  turn(yaw: number, pitch: number): void;
  zoom(factor: number): void;
  nodeUnder(canvas: HTMLCanvasElement, event: PointerEvent): number;
  hover(node: number): void;
  click(node: number): void;
}

/** Closed in itself: paints the maps of the page. Text from data reaches the page as text only. */
export function viewerKit({ surfaces, scenes, colours }: PageKits) {
  function start(document: Document, payload: PagePayload): void {
    const window = document.defaultView as Window & typeof globalThis;
    const scene = surfaces.prepare(floats(payload.points), integers(payload.triangles));
    const find = <T extends Element>(selector: string) => document.querySelector<T>(selector);
    const maps = payload.maps.map((map) => unpack(scene, map));
    let map = maps[0];
    const panels = [...document.querySelectorAll<HTMLElement>("[data-panel]")].map(panelOf);
    let chosen = -1;
    let pinned = false;
    let camera = home();
    let waiting = false;

    function home(): Camera {
      return scenes.cameraAt(scene, map?.pacing[0]);
    }

    function panelOf(figure: HTMLElement): Panel {
      const name = figure.dataset.panel ?? "";
      return {
        name,
        figure,
        canvas: figure.querySelector("canvas") as HTMLCanvasElement,
        legend: figure.querySelector(".legend") as Element,
        output: figure.querySelector("output") as Element,
        content: contentOf(name),
      };
    }

    function contentOf(name: string): Content {
      const field = name.startsWith("field-") && payload.fields[Number(name.slice(6))];
      if (field)
        return content(scene, {
          values: floats(field.values),
          scale: field.scale,
          unit: field.unit,
        });
      const values = map[name as "truth" | "prediction" | "error" | "uncertainty"];
      if (name === "error") return content(scene, { values, scale: "error", unit: "ms" });
      if (name === "uncertainty") return content(scene, { values, scale: "linear", unit: "ms" });
      const step = Number(find<HTMLSelectElement>("#spacing")?.value ?? 0);
      // Truth and prediction share their scale.
      const covered = map.truth.some(Number.isFinite) ? map.truth : values;
      return content(scene, { values, scale: "time", unit: "ms", covered, step });
    }

    function load(): void {
      for (const panel of panels) {
        panel.content = contentOf(panel.name);
        panel.figure.hidden =
          panel.name === "uncertainty" && !panel.content.values.some(Number.isFinite);
        fillLegend(document, panel);
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
        const { cut, bands, scale } = panel.content;
        const context = preparedContext(panel.canvas, window.devicePixelRatio);
        if (!context) continue;
        const look = {
          camera,
          frame: frameOf(panel.canvas),
          colours: bands.colours,
          markers: markersOf(panel.content),
          isochrones: scale === "time",
        };
        for (const layer of scenes.layers(scene, cut, look)) paint(context, layer);
      }
      for (const panel of panels) tell(panel, chosen);
    }

    function markersOf({ cut, bands }: Content): Marker[] {
      const white = (nodes: readonly number[], kind: Marker["kind"]) =>
        nodes.map((node) => ({ node, kind, colour: "#ffffff" }));
      const measured = find<HTMLInputElement>("#electrodes")?.checked ? map.electrodes : [];
      return [
        ...cut.lonely.map(({ node, band }) => ({
          node,
          kind: "value" as const,
          colour: colours.css(bands.colours[band]),
        })),
        ...white(measured, "electrode"),
        ...white(map?.pacing ?? [], "pacing"),
        ...white(chosen >= 0 ? [chosen] : [], "chosen"),
      ];
    }

    function look(change: Partial<Camera>): void {
      const limit = Math.PI / 2;
      const next = { ...camera, ...change };
      camera = {
        yaw: next.yaw,
        pitch: Math.max(-limit, Math.min(limit, next.pitch)),
        zoom: Math.max(0.5, Math.min(8, next.zoom)),
      };
      show();
    }

    function choose(node: number): void {
      if (node === chosen) return;
      chosen = node;
      show();
    }

    /** The node typed in: held, and turned to. */
    function goTo(text: string): void {
      const node = text === "" ? -1 : Number(text);
      pinned = Number.isInteger(node) && node >= 0 && node < scene.points.length / 3;
      choose(pinned ? node : -1);
      if (!pinned || scene.flat) return;
      const { yaw, pitch } = scenes.cameraAt(scene, node);
      look({ yaw, pitch });
    }

    const turn = (yaw: number, pitch: number) =>
      look({ yaw: camera.yaw + yaw, pitch: camera.pitch + pitch });
    const zoom = (factor: number) => look({ zoom: camera.zoom * factor });
    const commands: Hands["commands"] = {
      left: () => turn(-0.2, 0),
      right: () => turn(0.2, 0),
      up: () => turn(0, 0.2),
      down: () => turn(0, -0.2),
      closer: () => zoom(1.25),
      farther: () => zoom(0.8),
      above: () => turn(0, Math.PI),
      below: () => turn(0, -Math.PI),
      reset: () => look(home()),
    };
    const hands: Hands = {
      commands,
      turn,
      zoom,
      nodeUnder: (canvas, event) =>
        scenes.pick(scene, scenes.project(scene, camera, frameOf(canvas)), {
          x: event.offsetX,
          y: event.offsetY,
          reach: 14,
        }),
      hover: (node) => {
        if (!pinned) choose(node);
      },
      click: (node) => {
        pinned = node >= 0 && !(pinned && node === chosen);
        choose(node);
      },
    };

    for (const { canvas } of panels) listen(canvas, hands);
    for (const button of document.querySelectorAll<HTMLElement>("[data-command]"))
      button.addEventListener("click", () => commands[button.dataset.command ?? ""]?.());
    find("#recording")?.addEventListener("change", (event) => {
      map = maps[(event.target as HTMLSelectElement).selectedIndex];
      load();
    });
    find("#spacing")?.addEventListener("change", load);
    find("#electrodes")?.addEventListener("change", show);
    find("#node")?.addEventListener("input", (event) =>
      goTo((event.target as HTMLInputElement).value),
    );
    window.addEventListener("resize", show);
    window.addEventListener("beforeprint", paintAll);
    load();
  }

  function listen(canvas: HTMLCanvasElement, hands: Hands): void {
    const keys: Readonly<Record<string, string>> = {
      ArrowLeft: "left",
      ArrowRight: "right",
      ArrowUp: "up",
      ArrowDown: "down",
      "+": "closer",
      "=": "closer",
      "-": "farther",
      Home: "reset",
    };
    let last: PointerEvent | undefined;
    let moved = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = event;
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) {
        hands.hover(hands.nodeUnder(canvas, event));
        return;
      }
      const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
      moved += Math.abs(dx) + Math.abs(dy);
      last = event;
      hands.turn(dx / 120, dy / 120);
    });
    canvas.addEventListener("pointerup", (event) => {
      last = undefined;
      if (moved <= 4) hands.click(hands.nodeUnder(canvas, event));
    });
    canvas.addEventListener("pointercancel", () => {
      last = undefined;
    });
    canvas.addEventListener("pointerleave", () => {
      if (!last) hands.hover(-1);
    });
    canvas.addEventListener("keydown", (event) => {
      const command = keys[event.key];
      if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      hands.commands[command]();
    });
    // Plain scrolling belongs to the page; a pinch arrives as a wheel with ctrlKey.
    const pinch = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      hands.zoom(Math.exp(-event.deltaY / 200));
    };
    canvas.addEventListener("wheel", pinch, { passive: false });
  }

  function content(
    scene: Scene,
    shown: Pick<Content, "values" | "scale" | "unit"> & { covered?: Float32Array; step?: number },
  ): Content {
    const bands = colours.bands(shown.scale, shown.covered ?? shown.values, shown.step);
    return { ...shown, bands, cut: surfaces.cut(scene, shown.values, bands.levels) };
  }

  function tell(panel: Panel, node: number): void {
    const value = panel.content.values[node];
    const text = Number.isFinite(value)
      ? `${colours.label(value)} ${panel.content.unit}`
      : "no data";
    panel.output.textContent = node < 0 ? "" : `node ${node}: ${text}`;
  }

  function frameOf(canvas: HTMLCanvasElement): Frame {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    return { x: width / 2, y: height / 2, radius: 0.47 * Math.min(width, height) };
  }

  /** Cleared, and sharp on screens with many pixels. */
  function preparedContext(canvas: HTMLCanvasElement, pixels: number) {
    const ratio = Math.min(3, Math.max(1, pixels || 1));
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    const context = canvas.getContext("2d");
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  function unpack(scene: Scene, map: PageMap) {
    const [truth, prediction] = [floats(map.truth), floats(map.prediction)];
    return {
      truth,
      prediction,
      error: truth.map((value, node) => prediction[node] - value),
      uncertainty: map.uncertainty ? floats(map.uncertainty) : truth.map(() => Number.NaN),
      pacing: map.pacing.map((node) => surfaces.surfaceNode(scene, node)),
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

  function fillLegend(document: Document, { legend, content }: Panel): void {
    const cells = colours.legend(content.bands).map((cell) => {
      const element = document.createElement("span");
      element.style.background = cell.colour;
      element.dataset.label = cell.label;
      return element;
    });
    legend.replaceChildren(...cells);
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
    const disc = (radius: number, fill: string, line: string, width: number) => {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = fill;
      context.fill();
      context.strokeStyle = line;
      context.lineWidth = width;
      context.stroke();
    };
    if (marker.kind === "electrode") disc(2, marker.colour, "#111111", 1);
    if (marker.kind === "value") disc(3.2, marker.colour, "#111111", 1);
    if (marker.kind === "pacing") {
      disc(6, marker.colour, "#111111", 2);
      disc(1.5, "#d4002a", "#d4002a", 1);
    }
    if (marker.kind === "chosen") {
      disc(9, "transparent", "#ffffff", 4);
      disc(9, "transparent", "#111111", 1.5);
    }
  }

  return { start, floats, integers };
}
