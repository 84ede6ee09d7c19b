/** The program of the page that classifies images; `deno task page` puts it into the page's one file. */
import { type Int8Classifier, type Int8Image, openInt8Classifier } from "../../lib/int8/mod.ts";

const find = <T extends Element>(name: string) => document.querySelector<T>(`#${name}`)!;
const state = find("state"), drop = find<HTMLElement>("drop");

let classifier: Int8Classifier | undefined;

async function open(file: Uint8Array, name: string): Promise<void> {
  classifier = undefined;
  classifier = await openInt8Classifier(file, name);
  state.textContent = `Ready: ${classifier.classes.length} classes, on the ${classifier.runsOn}.`;
}

/**
 * PNG files go to the classifier as they are: its own decoder gives the same pixels everywhere. Others are decoded by the
 * browser, whose pixels may differ by a few levels; colour profiles are ignored where the browser can.
 */
async function decoded(file: File): Promise<Uint8Array | Int8Image> {
  if (file.type === "image/png") return new Uint8Array(await file.arrayBuffer());
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Shows what the network sees. */
function show(pixels: Uint8Array, { channels, height, width }: Int8Classifier["input"]): void {
  const canvas = find<HTMLCanvasElement>("seen"), area = width * height;
  Object.assign(canvas, { width, height, hidden: false });
  const seen = new ImageData(width, height);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) seen.data[4 * i + c] = pixels[(channels === 3 ? c : 0) * area + i]!;
    seen.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(seen, 0, 0);
}

async function classify(file: File): Promise<void> {
  if (!classifier) throw new Error("choose a classifier's file first");
  const image = await decoded(file), start = performance.now();
  const pixels = await classifier.pixels(image);
  const logits = classifier.logits(pixels, 1), answer = await classifier.classify(image);
  const time = (performance.now() - start).toFixed(1);
  show(pixels, classifier.input);
  find("answer").replaceChildren(...answer.map(({ name, probability }) => {
    const row = document.createElement("tr");
    for (const text of [name, `${(100 * probability).toFixed(1)} %`]) {
      row.insertCell().textContent = text;
    }
    return row;
  }));
  state.textContent = `${file.name}: ${time} ms`;
  Object.assign(globalThis, { answered: { pixels: [...pixels], logits: [...logits], answer } });
}

/** Does something with a file and tells what is wrong with it. */
async function use(file: File | undefined, what: (file: File) => Promise<void>): Promise<void> {
  if (!file) return;
  try {
    await what(file);
  } catch (error) {
    find("answer").replaceChildren();
    state.textContent = `${file.name}: ${(error as Error).message}`;
  }
}

const openFile = async (file: File) =>
  await open(new Uint8Array(await file.arrayBuffer()), file.name);
find<HTMLInputElement>("image").onchange = ({ target }) =>
  use((target as HTMLInputElement).files?.[0], classify);
find<HTMLInputElement>("file").onchange = ({ target }) =>
  use((target as HTMLInputElement).files?.[0], openFile);
drop.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add("over");
};
drop.ondragleave = () => drop.classList.remove("over");
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const file = event.dataTransfer?.files[0];
  use(file, file?.name.endsWith(".safetensors") ? openFile : classify);
};

const inside = find("classifier").textContent.trim();
if (inside) {
  const bytes = Uint8Array.from(atob(inside), (letter) => letter.charCodeAt(0));
  open(bytes, "the classifier inside").catch((error) => state.textContent = error.message);
}
