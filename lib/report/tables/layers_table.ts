import {
  type Architecture,
  countMultiplyAdds,
  countParameters,
  trace,
} from "../../model/architecture.ts";
import { Table } from "../table.ts";

/** Every layer with its shapes and costs. */
export function layerTable(architecture: Architecture): Table {
  const rows = trace(architecture).map(({ layer, output, parameters, multiplyAdds }) => ({
    layer: "name" in layer ? `${layer.name} (${layer.kind})` : layer.kind,
    output: output.join("×"),
    parameters,
    multiplyAdds,
  }));
  return new Table({
    title: `${architecture.name}, layer by layer`,
    columns: [
      { key: "layer", label: "layer" },
      { key: "output", label: "output", align: "right" },
      { key: "parameters", label: "parameters" },
      { key: "multiplyAdds", label: "multiply-adds an image" },
    ],
    rows: [...rows, {
      layer: "total",
      output: "",
      parameters: countParameters(architecture),
      multiplyAdds: countMultiplyAdds(architecture),
    }],
  });
}
