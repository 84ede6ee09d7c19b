import {
  type Architecture,
  countMultiplyAdds,
  countParameters,
  type Shape,
  trace,
  type TracedLayer,
} from "../../model/architecture.ts";
import { Figure } from "../figure.ts";
import { palette } from "../plot.ts";

/** What is drawn of one stage: its output as planes or as a column of units. */
interface Stage {
  readonly shape: Shape;
  /** What made it, in lines. */
  readonly made: readonly string[];
  readonly costs: readonly string[];
  readonly color: string;
}

const [blue, red, green, violet] = palette.map(({ color }) => color);

/** Figure 1: a network drawn from its description, with shapes and costs; nothing is typed in. */
export function architectureFigure(architecture: Architecture): Figure {
  const { channels, height, width } = architecture.input;
  const stages: Stage[] = [
    { shape: [channels, height, width], made: ["input"], costs: [], color: "#777" },
    ...merge(trace(architecture)),
  ];
  const largest = Math.max(
    ...stages.flatMap(({ shape }) => shape.length === 3 ? shape.slice(1) : []),
    1,
  );
  const step = 104;
  const middle = 88;
  let body = "";
  stages.forEach((stage, i) => {
    const x = 8 + i * step;
    body += drawShape(stage, x, middle, largest);
    const lines = [shapeText(stage.shape), ...stage.made, ...stage.costs];
    body += lines.map((line, row) =>
      `<text x="${x}" y="${middle + 88 + 15 * row}" font-size="${row === 0 ? 12 : 10.5}" ` +
      `${row > stage.made.length ? 'fill="#555"' : ""}${row === 0 ? ' font-weight="bold"' : ""}>` +
      `${line}</text>`
    ).join("");
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

/** Activations and flatten change what stands before them and get no stage of their own. */
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
          color: blue!,
        });
        break;
      case "maxpool":
        stages.push({ shape: output, made: [`max-pool ${layer.size}`], costs, color: green! });
        break;
      case "avgpool":
        stages.push({ shape: output, made: [`mean-pool ${layer.size}`], costs, color: green! });
        break;
      case "dense":
        stages.push({ shape: output, made: [layer.name], costs, color: red! });
        break;
      case "batchnorm":
      case "dropout":
      case "tanh":
      case "sigmoid":
      case "relu": {
        const last = stages.pop();
        if (last) stages.push({ ...last, made: [...last.made, layer.kind] });
        else stages.push({ shape: output, made: [layer.kind], costs, color: violet! });
        break;
      }
      case "flatten":
        break;
    }
  }
  return stages;
}

function shapeText(shape: Shape): string {
  return shape.length === 3 ? `${shape[0]} @ ${shape[1]}×${shape[2]}` : String(shape[0]);
}

/** Planes one behind the other, or one bar, sized by the square root so that small ones show. */
function drawShape({ shape, color }: Stage, x: number, middle: number, largest: number): string {
  if (shape.length === 1) {
    const height = Math.min(150, 12 + 6.5 * Math.sqrt(shape[0]));
    return `<rect x="${x + 8}" y="${middle - height / 2}" width="16" height="${height}" ` +
      `fill="${color}" fill-opacity="0.25" stroke="${color}"/>`;
  }
  const [planes, height, width] = shape;
  const scale = (side: number) => 14 + 50 * side / largest;
  const shown = Math.min(planes, 8);
  const offset = Math.min(4, 24 / shown);
  const [w, h] = [scale(width), scale(height)];
  const top = middle - (h + offset * (shown - 1)) / 2;
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
