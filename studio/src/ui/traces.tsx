import { createEffect, onCleanup, onMount } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { figure } from "./format.js";

export interface Line {
  readonly name: string;
  readonly colour: string;
  /** Dots instead of a line: measured values. */
  readonly dots?: boolean;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

interface Props {
  readonly lines: readonly Line[];
  readonly x: string;
  readonly y: string;
  readonly height: number;
  /** A vertical line, e.g. the time that is shown. */
  readonly at?: number;
  readonly logarithmic?: boolean;
  readonly label: string;
}

/** Lines over a common axis; samples of different lines need not coincide. */
export function Traces(props: Props) {
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;
  let look = "";
  const draw = () => {
    const { lines } = props;
    const wanted = JSON.stringify(lines.map(({ name, colour, dots }) => [name, colour, dots]));
    const empty = !lines.some((line) => canBeDrawn(line, props.logarithmic === true));
    // Growing lines keep their plot; an empty one has no scale to be drawn on.
    if (plot && wanted === look && !empty) return plot.setData(joined(lines));
    plot?.destroy();
    plot = undefined;
    look = wanted;
    if (!empty) plot = new uPlot(options(props, box.clientWidth), joined(lines), box);
  };
  onMount(() => {
    const observer = new ResizeObserver(() =>
      plot?.setSize({ width: box.clientWidth, height: props.height }),
    );
    observer.observe(box);
    onCleanup(() => observer.disconnect());
  });
  createEffect(draw);
  createEffect(() => {
    // Only the cursor line moves: the lines stay as they are. A new plot draws it by itself.
    void props.at;
    if (plot?.status === 1) plot.redraw(false, true);
  });
  onCleanup(() => plot?.destroy());
  return (
    <div
      class="traces"
      style={{ "min-height": `${props.height}px` }}
      ref={box}
      role="img"
      aria-label={props.label}
    />
  );
}

/** Two places at least, and a value that the axis can show. */
const canBeDrawn = ({ x, y }: Line, logarithmic: boolean): boolean =>
  new Set(x).size > 1 &&
  y.some((value) => value !== null && Number.isFinite(value) && (!logarithmic || value > 0));

const finite = (value: number | null) => (Number.isFinite(value) ? value : null);

function joined(lines: readonly Line[]): uPlot.AlignedData {
  const tables = lines.map(({ x, y }) => [[...x], y.map(finite)] as uPlot.AlignedData);
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
}

function options(props: Props, width: number): uPlot.Options {
  const axis = { font: "12px system-ui", labelFont: "12px system-ui", labelSize: 18, size: 60 };
  return {
    width: Math.max(200, width),
    height: props.height,
    // One line is named by its axis.
    legend: { show: props.lines.length > 1 },
    scales: { x: { time: false }, y: props.logarithmic ? { distr: 3 } : {} },
    axes: [
      { ...axis, label: props.x, size: 34 },
      {
        ...axis,
        label: props.y,
        values: (_, splits) => splits.map((value) => (value === null ? "" : figure(value))),
      },
    ],
    series: [
      { label: props.x },
      ...props.lines.map(({ name, colour, dots }) => ({
        label: name,
        stroke: colour,
        width: dots ? 0 : 1.5,
        spanGaps: true,
        points: { show: dots === true, size: 4, fill: colour },
      })),
    ],
    hooks: {
      draw: [
        (plot) => {
          if (props.at === undefined) return;
          const x = plot.valToPos(props.at, "x", true);
          plot.ctx.strokeStyle = "#5a6570";
          plot.ctx.beginPath();
          plot.ctx.moveTo(x, plot.bbox.top);
          plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
          plot.ctx.stroke();
        },
      ],
    },
  };
}
