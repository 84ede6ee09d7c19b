import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { projectRoot, writeAtomic } from "../util/files.ts";
import { setEnvironment } from "../util/platform.ts";
import { escapeXml } from "./escape.ts";

/** The font of all figures, and its substitutes for readers of an SVG who do not have it. */
export const fontFamily = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

let ready: Promise<void> | undefined;

/**
 * Points fontconfig, with which sharp draws text, to the font that came from npm. PNGs then have
 * letters on a machine without fonts, and the same letters on every machine. This must happen before
 * the process draws its first text.
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
    setEnvironment("FONTCONFIG_FILE", config);
  })();
}
