/** Chromium for the tests that need a browser. They say so in their names and are skipped without it. */
import { existsSync } from "node:fs";

/** Where distributions and installers put it; CHROME_PATH names another. */
const places = [
  Deno.env.get("CHROME_PATH"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The browser's path, undefined if there is none. */
export const chromiumPath = places.find((path) => path && existsSync(path));

/** The first two arguments of `Deno.test` for a test that needs Chromium. */
export function needsChromium(
  name: string,
): [name: string, options: { readonly ignore: boolean }] {
  return chromiumPath
    ? [`${name} (needs Chromium)`, { ignore: false }]
    : [`${name} (skipped: no Chromium is found; CHROME_PATH names one)`, { ignore: true }];
}

/**
 * Runs a script that drives Chromium by playwright-core in a process of its own; it prints JSON.
 */
export async function runWithChromium<T>(script: URL, args: readonly string[]): Promise<T> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=test", script.href, ...args],
    env: { CHROME_PATH: chromiumPath! },
    stdin: "null",
  }).output();
  const [told, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${script.pathname} failed: ${failed}`);
  return JSON.parse(told!) as T;
}
