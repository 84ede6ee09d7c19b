import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { projectRoot, writeAtomic } from "../util/files.ts";
import { escapeXml } from "./escape.ts";

/** The font of all figures, with what may stand in for it where an SVG is shown elsewhere. */
export const fontFamily = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

let ready: Promise<void> | undefined;

/**
 * Makes PNGs have letters on a machine without fonts, and the same letters on every machine: points
 * fontconfig, which sharp draws text with, to the font that came from npm. Must come before the
 * first text is drawn in the process.
 */
export function useOwnFont(): Promise<void> {
  return ready ??= (async () => {
    const require = createRequire(import.meta.url);
    const fonts = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf");
    const folder = join(projectRoot, ".cache", "fonts");
    const config = join(folder, "fonts.conf");
    await writeAtomic(
      config,
      `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>` +
        `<dir>${escapeXml(fonts)}</dir><cachedir>${escapeXml(folder)}</cachedir></fontconfig>\n`,
    );
    Deno.env.set("FONTCONFIG_FILE", config);
  })();
}
