import { svgImage } from "./figure.ts";
import type { Displayable } from "./notebook.ts";
import { savedText } from "./saved_text.ts";

/**
 * A figure that a task left in the project's results, `witness/synthetic50/witness_losses` say.
 * @param name path below `results/`, without the ending
 * @returns undefined if the task has not been run
 * @throws Error naming the file if it holds no figure
 */
export async function savedFigure(
  name: string,
  folder?: string,
): Promise<Displayable | undefined> {
  const saved = await savedText(`${name}.svg`, folder);
  if (!saved) return undefined;
  const { path, text: svg } = saved;
  const [, title, caption] = /^<svg [^>]*><title>([^<]*)<\/title><desc>([^<]*)<\/desc>/.exec(svg) ??
    [];
  if (title === undefined) throw new Error(`${path} holds no figure of this project`);
  return {
    displayData: () => ({
      // title and caption are escaped as they stand in the SVG
      "text/html": svgImage(svg, `${title}. ${caption}`),
      "text/plain": `Figure: ${title}`,
    }),
  };
}
