import { fileURLToPath } from "node:url";

/** What real PyTorch and real Keras do; made by tests/fixtures/make_frameworks.py. */
export interface Fixtures {
  readonly versions: Readonly<Record<string, string>>;
  readonly torch: {
    readonly logits: number[];
    readonly loss: number;
    readonly gradients: Readonly<
      Record<string, { sum: number; squares: number; at: number[]; values: number[] }>
    >;
    readonly adam: number[];
    readonly sgd: number[];
    readonly bounds: Readonly<Record<"conv2" | "fc2", [weight: number, bias: number]>>;
  };
  readonly keras: {
    readonly logits: number[];
    readonly adam: number[];
    readonly bounds: Readonly<Record<"conv2" | "fc2", [weight: number, bias: number]>>;
  };
}

const folder = new URL("../fixtures/frameworks/", import.meta.url);

export async function fixtures(): Promise<Fixtures> {
  return JSON.parse(await Deno.readTextFile(new URL("frameworks.json", folder)));
}
/** Path of the LeNet-5 weights that PyTorch wrote. */
fixtures.weights = fileURLToPath(new URL("lenet5.safetensors", folder));
