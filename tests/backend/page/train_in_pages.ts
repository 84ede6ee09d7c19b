/**
 * `train_in_pages.ts BUNDLE [SCREENSHOT]`: opens the page in headless Chromium, once cross-origin isolated and once not,
 * waits until it has trained, and prints both results as JSON.
 */
import { type Browser, chromium } from "../../../tasks/chromium.ts";

/** What the page finds. */
export interface PageResult {
  readonly history: readonly { readonly loss: number; readonly accuracy: number }[];
  /** A checksum of the trained weights' bits. */
  readonly bits: number;
  readonly backend: string;
  readonly threads: number;
  readonly isolated: boolean;
}

const isolating = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The page's files come from here instead of from a server. */
async function train(
  browser: Browser,
  bundle: string,
  headers: Record<string, string>,
  screenshot?: string,
): Promise<PageResult> {
  const page = await browser.newPage({ viewport: { width: 800, height: 480 } });
  await page.route("https://page.test/**", async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const contentType = name.endsWith(".js") ? "text/javascript" : "text/html";
    const url = name === "kernels_backend.js" ? bundle : new URL(name, import.meta.url);
    await route.fulfill({ body: await Deno.readTextFile(url), contentType, headers });
  });
  await page.goto("https://page.test/index.html");
  const result = await page.evaluate(() =>
    (globalThis as unknown as { result: Promise<PageResult> }).result
  );
  if (screenshot) await page.screenshot({ path: screenshot });
  await page.close();
  return result;
}

if (import.meta.main) {
  const [bundle, screenshot] = Deno.args as [string, string?];
  const browser = await chromium.launch({
    executablePath: Deno.env.get("CHROME_PATH")!,
    // its sandbox needs rights that containers do not give
    chromiumSandbox: false,
  });
  try {
    const shared = await train(browser, bundle, isolating, screenshot);
    const alone = await train(browser, bundle, {});
    console.log(JSON.stringify([shared, alone]));
  } finally {
    await browser.close();
  }
}
