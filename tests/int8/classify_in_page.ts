/**
 * `classify_in_page.ts PAGE PNG OTHER`: opens the page from its folder in headless Chromium, chooses one image, drops the
 * other, then text, and prints what the page answers as JSON.
 */
import { chromium, type Page } from "../../tasks/chromium.ts";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

/** What the page found last. */
export interface Answered {
  readonly pixels: readonly number[];
  readonly logits: readonly number[];
  readonly answer: readonly { readonly name: string; readonly probability: number }[];
}

/** What became of each file, and what the page says and shows in the end. */
export interface PageAnswers {
  readonly opened: string;
  readonly chosen: Answered;
  readonly dropped: Answered;
  readonly names: readonly string[];
  readonly refused: string;
  readonly isolated: boolean;
  readonly errors: readonly string[];
}

async function said(page: Page, pattern: RegExp): Promise<string> {
  const state = page.locator("#state", { hasText: pattern });
  await state.waitFor({ timeout: 20_000 });
  return await state.innerText();
}

const answered = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { answered: Answered }).answered);

/** Drops a file as a person does. */
async function dropFile(page: Page, name: string, type: string, bytes: Uint8Array) {
  const transfer = await page.evaluateHandle(({ name, type, bytes }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    return transfer;
  }, { name, type, bytes: [...bytes] });
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
}

if (import.meta.main) {
  const [file, png, other] = Deno.args as [string, string, string];
  const browser = await chromium.launch({
    executablePath: Deno.env.get("CHROME_PATH")!,
    chromiumSandbox: false, // it needs rights that containers do not give
  });
  try {
    const page = await browser.newPage({ viewport: { width: 700, height: 700 } });
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(pathToFileURL(file).href);
    const opened = await said(page, /Ready/);
    await page.setInputFiles("#image", png);
    await said(page, /ms$/);
    const chosen = await answered(page);
    await dropFile(page, basename(other), "image/jpeg", await Deno.readFile(other));
    await said(page, new RegExp(`^${basename(other)}.*ms$`));
    const dropped = await answered(page);
    const names = await page.locator("#answer td:first-child").allInnerTexts();
    const screenshot = Deno.env.get("PAGE_SCREENSHOT");
    if (screenshot) await page.screenshot({ path: screenshot });
    await dropFile(page, "notes.png", "image/png", new TextEncoder().encode("no image"));
    const refused = await said(page, /^notes\.png/);
    const isolated = await page.evaluate(() => globalThis.crossOriginIsolated);
    console.log(
      JSON.stringify({ opened, chosen, dropped, names, refused, isolated, errors }),
    );
  } finally {
    await browser.close();
  }
}
