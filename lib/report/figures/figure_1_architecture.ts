import {
  type Architecture,
  countMultiplyAdds,
  countParameters,
  type Shape,
  trace,
  type TracedLayer,
} from "../../model/architecture.ts";
import { Figure } from "../figure.ts";
import { otherStyle } from "../plot.ts";

/** What is drawn of one stage: its output as planes or as a column of units. */
interface Stage {
  readonly shape: Shape;
  /** What made it, in lines. */
  readonly made: readonly string[];
  readonly costs: readonly string[];
  readonly color: string;
  /** Side of the square of the stage before from which one number is computed. */
  readonly kernel?: number;
}

const colours = {
  conv: otherStyle(0).color,
  pool: otherStyle(1).color,
  dense: otherStyle(2).color,
  other: "#777",
};

/** Figure 1: a network drawn from its description, with shapes and costs; nothing is typed in. */
export function architectureFigure(architecture: Architecture): Figure {
  const { channels, height, width } = architecture.input;
  const stages: Stage[] = [
    { shape: [channels, height, width], made: ["input"], costs: [], color: colours.other },
    ...merge(trace(architecture)),
  ];
  const largest = Math.max(
    ...stages.flatMap(({ shape }) => shape.length === 3 ? shape.slice(1) : []),
    1,
  );
  const step = Math.min(104, Math.floor(832 / stages.length));
  const middle = 88;
  let body = "";
  stages.forEach((stage, i) => {
    const x = 8 + i * step;
    body += drawShape(stage, x, middle, largest);
    const lines = [shapeText(stage.shape), ...stage.made, ...stage.costs];
    body += lines.map((line, row) =>
      `<text x="${x}" y="${middle + 88 + 15 * row}" font-size="${row === 0 ? 12 : 11}" ` +
      `${row > stage.made.length ? 'fill="#555"' : ""}${row === 0 ? ' font-weight="bold"' : ""}>` +
      `${line}</text>`
    ).join("");
    const next = stages[i + 1];
    if (next?.kernel) body += drawKernel(stage, next.kernel, { x, middle, largest, step });
    if (i > 0) {
      body += `<path d="M${x - 15} ${middle - 4} l7 4 l-7 4" fill="none" stroke="#999"/>`;
    }
  });
  const rows = Math.max(...stages.map(({ made, costs }) => 1 + made.length + costs.length));
  const count = (value: number) => value.toLocaleString("en");
  return new Figure(
    { width: Math.max(480, 8 + stages.length * step), height: middle + 88 + 15 * rows, body },
    {
      title: `Figure 1. ${architecture.name}`,
      subtitle: `${count(countParameters(architecture))} parameters, ` +
        `${count(countMultiplyAdds(architecture))} multiply-adds an image`,
      caption: "Drawn from lib/model/architecture.ts, which the three systems are built from. " +
        "par: weights and biases; MA: multiply-adds of one image's forward pass.",
    },
  );
}

/** Activations change what stands before them and get no stage of their own. */
function merge(traced: readonly TracedLayer[]): Stage[] {
  const stages: Stage[] = [];
  for (const { layer, output, parameters, multiplyAdds } of traced) {
    const costs = parameters > 0
      ? [`${parameters.toLocaleString("en")} par`, `${multiplyAdds.toLocaleString("en")} MA`]
      : [];
    switch (layer.kind) {
      case "conv":
        stages.push({
          shape: output,
          made: [`${layer.name} ${layer.kernel}×${layer.kernel}`],
          costs,
          kernel: layer.kernel,
          color: colours.conv,
        });
        break;
      case "maxpool":
        stages.push({
          shape: output,
          made: [`max-pool ${layer.size}`],
          costs,
          kernel: layer.size,
          color: colours.pool,
        });
        break;
      case "avgpool":
        stages.push({
          shape: output,
          made: [`mean-pool ${layer.size}`],
          costs,
          color: colours.pool,
        });
        break;
      case "dense":
        stages.push({ shape: output, made: [layer.name], costs, color: colours.dense });
        break;
      case "batchnorm":
      case "dropout":
      case "activation":
      case "tanh":
      case "sigmoid":
      case "relu": {
        const last = stages.pop();
        const name = layer.kind === "activation" ? layer.function : layer.kind;
        if (last) stages.push({ ...last, made: [...last.made, name] });
        else stages.push({ shape: output, made: [name], costs, color: colours.other });
        break;
      }
      case "flatten":
        stages.push({ shape: output, made: ["flatten"], costs, color: colours.other });
        break;
    }
  }
  return stages;
}

function shapeText(shape: Shape): string {
  return shape.length === 3 ? `${shape[0]} @ ${shape[1]}×${shape[2]}` : String(shape[0]);
}

/** The square of a plane that one number of the next stage is computed from, and two lines to that number. */
function drawKernel(
  { shape }: Stage,
  kernel: number,
  { x, middle, largest, step }: Readonly<Record<"x" | "middle" | "largest" | "step", number>>,
): string {
  if (shape.length === 1) return "";
  const [planes, height, width] = shape;
  const { w, h, top, offset, shown } = placeOf(planes, height, width, middle, largest);
  const [side, rise] = [w * kernel / width, h * kernel / height];
  const [left, up] = [x + w * 0.3, top + offset * (shown - 1) + h * 0.3];
  const to = `${x + step + 4} ${middle}`;
  return `<rect x="${left}" y="${up}" width="${side}" height="${rise}" fill="none" stroke="#777"/>` +
    `<path d="M${left + side} ${up} L${to} L${left + side} ${up + rise}" ` +
    'fill="none" stroke="#777" stroke-opacity="0.6"/>';
}

/** Size and place of a stage's planes. */
function placeOf(planes: number, height: number, width: number, middle: number, largest: number) {
  const scale = (side: number) => 14 + 44 * side / largest;
  const shown = Math.min(planes, 32);
  const offset = Math.min(4, 30 / shown);
  const [w, h] = [scale(width), scale(height)];
  return { w, h, shown, offset, top: middle - (h + offset * (shown - 1)) / 2 };
}

/** Planes one behind the other, or one bar, sized by the square root so that small ones show. */
function drawShape({ shape, color }: Stage, x: number, middle: number, largest: number): string {
  if (shape.length === 1) {
    const height = Math.min(150, 12 + 6.5 * Math.sqrt(shape[0]));
    return `<rect x="${x + 8}" y="${middle - height / 2}" width="16" height="${height}" ` +
      `fill="${color}" fill-opacity="0.25" stroke="${color}"/>`;
  }
  const [planes, height, width] = shape;
  const { w, h, top, offset, shown } = placeOf(planes, height, width, middle, largest);
  let planesDrawn = "";
  for (let i = shown - 1; i >= 0; i--) {
    planesDrawn +=
      `<rect x="${x + offset * i}" y="${top + offset * (shown - 1 - i)}" width="${w}" ` +
      `height="${h}" fill="white" stroke="${color}"/><rect x="${x + offset * i}" ` +
      `y="${top + offset * (shown - 1 - i)}" width="${w}" height="${h}" fill="${color}" ` +
      `fill-opacity="0.18"/>`;
  }
  return planesDrawn;
}
