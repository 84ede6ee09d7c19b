import { jupyter } from "./kernel.ts";

/** Something that a notebook can show: a `Table` or a `Figure`. */
export interface Displayable {
  /** The thing by media type, plain text among them. */
  displayData(): Record<string, string>;
}

/**
 * Shows things, one after the other, below the cell; text is taken as Markdown. Cells use nothing else
 * to show results and await it, so that the kernel sends everything before the cell ends. Outside a
 * notebook the plain text is printed.
 */
export async function show(...things: readonly (Displayable | string)[]): Promise<void> {
  for (const thing of things) {
    const bundle = bundleOf(thing);
    if (jupyter) await jupyter.display(bundle, { raw: true });
    else console.log(bundle["text/plain"]);
  }
  await tick(10); // fewer than 6 were needed on a machine with four times as much to do as it has cores
}

/** Saves a table or a figure as `<results>/<name>.…` and shows it. */
export async function keep(
  results: string,
  name: string,
  thing: Displayable & { save(base: string): Promise<void> },
): Promise<void> {
  await thing.save(`${results}/${name}`);
  await show(thing);
}

/**
 * A place below the cell whose content is replaced in place: a figure that grows while a training goes
 * on, say. Outside a notebook nothing is shown.
 */
export function livePlace(): (thing: Displayable | string) => Promise<void> {
  const id = crypto.randomUUID();
  let shown = false;
  return async (thing) => {
    if (!jupyter) return;
    await jupyter.display(bundleOf(thing), { raw: true, display_id: id, update: shown });
    shown = true;
    await tick(0);
  };
}

function bundleOf(thing: Displayable | string): Record<string, string> {
  return typeof thing === "string"
    ? { "text/markdown": thing, "text/plain": thing }
    : thing.displayData();
}

function tick(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
