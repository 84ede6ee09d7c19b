/**
 * Playwright without `--allow-all`. It asks, when it is loaded, whether files of Windows's Linux stand in
 * `/proc`, which Deno hides. Node.js's `existsSync` answers no where it may not look, and Deno's throws.
 */
import "./exists_sync.ts";
export { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
