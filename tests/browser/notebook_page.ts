/** A notebook in JupyterLab in Chromium: what its cells are, hold and look like. */
import type { Page } from "playwright-core";
import type { View } from "./views.ts";

/** A picture below a cell. */
export interface Picture {
  /** What it shows in words. */
  readonly alt: string;
  /** Whether it has a size. */
  readonly isSeen: boolean;
  /** Whether it is wider than its cell. */
  readonly isWide: boolean;
  /** Height in pixels of its smallest letters, as they are shown; infinite without any. */
  readonly smallest: number;
}

/** What is seen of a code cell. */
export interface CellState {
  readonly source: string;
  readonly executed: boolean;
  readonly text: string;
  readonly errors: readonly string[];
  /** The pictures that are shown. */
  readonly pictures: readonly Picture[];
  /** Tables that are wider than their cell: their captions. */
  readonly wideTables: readonly string[];
  /** Texts whose colour has less contrast to their ground than 3 to 1. */
  readonly paleTexts: readonly string[];
  /** Bars that have not come to their end. */
  readonly bars: number;
}

/** JupyterLab's own objects, as far as they are used here; `--expose-app-in-browser` shows them. */
interface Lab {
  readonly jupyterapp: {
    readonly commands: { execute(command: string, args?: object): Promise<unknown> };
    readonly shell: {
      readonly currentWidget: {
        readonly context: {
          readonly sessionContext: { readonly session: { readonly kernel: { status: string } } };
        };
        readonly content: {
          activeCellIndex: number;
          readonly widgets: readonly {
            readonly node: HTMLElement;
            readonly model: {
              readonly type: string;
              readonly executionCount: number | null;
              readonly sharedModel: { getSource(): string; setSource(source: string): void };
              readonly outputs: {
                toJSON(): { output_type: string; ename?: string; evalue?: string }[];
              };
            };
          }[];
        };
      };
    };
  };
}

/** A notebook that is open in a page. */
export class NotebookPage {
  constructor(readonly page: Page) {}

  /** Opens a notebook and waits until its kernel is there. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.waitForFunction(
      () => {
        const { jupyterapp } = globalThis as unknown as Partial<Lab>;
        const widget = jupyterapp?.shell.currentWidget;
        return widget?.content?.widgets?.length &&
          widget.context?.sessionContext?.session?.kernel?.status === "idle";
      },
      undefined,
      { timeout: 180_000 },
    );
  }

  /** Changes the theme and the width of the window. */
  async show({ theme, width }: View): Promise<void> {
    await this.page.setViewportSize({ width, height: 900 });
    await this.page.evaluate((theme) =>
      (globalThis as unknown as Lab).jupyterapp.commands
        .execute("apputils:change-theme", { theme }), `JupyterLab ${theme}`);
    await this.page.waitForFunction(
      (isLight) => document.body.dataset["jpThemeLight"] === String(isLight),
      theme === "Light",
      { timeout: 30_000 },
    );
    await this.page.waitForTimeout(400); // the theme's style sheet
  }

  /** Executes one of JupyterLab's commands, as its menus do. */
  async command(name: string): Promise<void> {
    await this.page.evaluate((name) => {
      // not awaited: running cells takes as long as the cells
      (globalThis as unknown as Lab).jupyterapp.commands.execute(name);
    }, name);
  }

  /** Runs all cells and waits for the last of them. */
  async runAll(seconds: number): Promise<void> {
    await this.command("notebook:run-all-cells");
    await this.waitUntilDone(seconds);
  }

  /** Waits until every code cell has been executed and the kernel is idle. */
  async waitUntilDone(seconds: number): Promise<void> {
    await this.page.waitForFunction(
      () => {
        const widget = (globalThis as unknown as Lab).jupyterapp.shell.currentWidget;
        const code = widget.content.widgets.filter(({ model }) => model.type === "code");
        return code.every(({ model }) => model.executionCount !== null) &&
          widget.context.sessionContext.session.kernel.status === "idle";
      },
      undefined,
      { timeout: 1000 * seconds, polling: 500 },
    );
    await this.page.waitForTimeout(500); // output that comes late
  }

  /** Puts another text for a text in the code cells. @returns how many cells had it */
  async replace(text: string, by: string): Promise<number> {
    return await this.page.evaluate(([text, by]) => {
      const { widgets } = (globalThis as unknown as Lab).jupyterapp.shell.currentWidget.content;
      const found = widgets.filter(({ model }) => model.sharedModel.getSource().includes(text!));
      for (const { model: { sharedModel } } of found) {
        sharedModel.setSource(sharedModel.getSource().replace(text!, by!));
      }
      return found.length;
    }, [text, by]);
  }

  /** Makes the first code cell that holds a text the active one and runs it. */
  async runCell(text: string): Promise<void> {
    await this.page.evaluate((text) => {
      const { jupyterapp } = globalThis as unknown as Lab;
      const { content } = jupyterapp.shell.currentWidget;
      content.activeCellIndex = content.widgets.findIndex(({ model }) =>
        model.type === "code" && model.sharedModel.getSource().includes(text)
      );
      jupyterapp.commands.execute("notebook:run-cell");
    }, text);
  }

  /** Waits until the kernel is idle. */
  async waitUntilIdle(seconds: number): Promise<void> {
    await this.page.waitForTimeout(700);
    await this.page.waitForFunction(
      () =>
        (globalThis as unknown as Lab).jupyterapp.shell.currentWidget.context.sessionContext.session
          .kernel.status === "idle",
      undefined,
      { timeout: 1000 * seconds, polling: 300 },
    );
    await this.page.waitForTimeout(300);
  }

  /** All code cells from top to bottom. */
  async cells(): Promise<CellState[]> {
    return await this.page.evaluate(() => {
      const { widgets } = (globalThis as unknown as Lab).jupyterapp.shell.currentWidget.content;
      /** Relative luminance of a colour as computed styles write it, as WCAG defines it. */
      const luminance = (color: string) => {
        const [r, g, b] = color.match(/[\d.]+/g)!.map((part) => {
          const share = Number(part) / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      const ground = (element: Element | null): string => {
        if (!element) return "rgb(255, 255, 255)";
        const { backgroundColor } = getComputedStyle(element);
        return /, 0\)$/.test(backgroundColor) ? ground(element.parentElement) : backgroundColor;
      };
      const contrast = (element: Element) => {
        const [dark, light] = [getComputedStyle(element).color, ground(element)]
          .map(luminance).sort((a, b) => a - b);
        return (light! + 0.05) / (dark! + 0.05);
      };
      /** The smallest size of letters in an SVG that is shown at this share of its size. */
      const smallest = (image: HTMLImageElement) => {
        const svg = /^data:image\/svg\+xml;base64,(.*)$/.exec(image.src);
        if (!svg) return Infinity;
        const drawing = new DOMParser().parseFromString(atob(svg[1]!), "image/svg+xml");
        const sizes = [...drawing.querySelectorAll("text")].map((text) => {
          const sized = text.closest<SVGElement>("[font-size], [style*=font-size]");
          return parseFloat(sized?.style.fontSize || sized?.getAttribute("font-size") || "16");
        });
        return Math.min(...sizes) * image.getBoundingClientRect().width / image.naturalWidth;
      };
      return widgets.filter(({ model }) => model.type === "code").map(({ model, node }) => {
        const area = node.querySelector<HTMLElement>(".jp-Cell-outputArea");
        const outputs = [...(area?.querySelectorAll<HTMLElement>(".jp-OutputArea-output") ?? [])];
        return {
          source: model.sharedModel.getSource(),
          executed: model.executionCount !== null,
          text: area?.innerText ?? "",
          errors: model.outputs.toJSON().filter(({ output_type }) => output_type === "error")
            .map(({ ename, evalue }) => `${ename}: ${evalue}`),
          pictures: [...(area?.querySelectorAll("img") ?? [])].map((image) => ({
            alt: image.alt,
            isSeen: image.naturalWidth > 0 && image.getBoundingClientRect().width > 50,
            isWide: image.getBoundingClientRect().width > area!.clientWidth + 1,
            smallest: smallest(image),
          })),
          wideTables: outputs.flatMap((output) =>
            [...output.querySelectorAll("table")]
              .filter((table) => table.scrollWidth > output.clientWidth + 1)
              .map((table) =>
                `${table.caption?.textContent} (${table.scrollWidth} in ${output.clientWidth})`
              )
          ),
          paleTexts: [...(area?.querySelectorAll("td, th, p, li, caption, code, pre, small") ?? [])]
            .filter((element) => element.textContent && contrast(element) < 3)
            .map((element) => element.textContent!.slice(0, 40)),
          bars: area?.querySelectorAll("progress").length ?? 0,
        };
      });
    });
  }

  /**
   * Pictures of the whole notebook. Where one would be higher than Chromium draws, more follow it, under the
   * same name with -2, -3 and so on.
   */
  async screenshot(path: string): Promise<void> {
    const height = await this.page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll(".jp-Notebook, .jp-Notebook *")]
          .filter(({ className }) => String(className).includes("WindowedPanel"))
          .map(({ scrollHeight }) => scrollHeight),
      )
    );
    const { width } = this.page.viewportSize()!;
    await this.page.setViewportSize({ width, height: Math.min(16_000, height + 160) });
    await this.page.evaluate(() => {
      (globalThis as unknown as Lab).jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
    });
    for (let part = 0; part * 15_800 < height; part++) {
      await this.page.evaluate((top) => {
        for (const panel of document.querySelectorAll(".jp-WindowedPanel-outer")) {
          panel.scrollTop = top;
        }
      }, part * 15_800);
      await this.page.waitForTimeout(600);
      const name = part === 0 ? path : path.replace(/\.png$/, `-${part + 1}.png`);
      await this.page.screenshot({ path: name });
    }
    await this.page.setViewportSize({ width, height: 900 });
  }
}
