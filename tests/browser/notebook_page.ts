/** A notebook in JupyterLab in Chromium: what its cells are, hold and look like. */
import type { Page } from "playwright-core";

/** What is seen of a code cell. */
export interface CellState {
  readonly source: string;
  readonly executed: boolean;
  readonly text: string;
  readonly errors: readonly string[];
  /** Alternative texts of the pictures that are shown, and whether each has a size. */
  readonly pictures: readonly { readonly alt: string; readonly isSeen: boolean }[];
  /** Tables that are wider than their cell: their captions. */
  readonly wideTables: readonly string[];
  /** Bars that have not come to their end. */
  readonly bars: number;
}

/** JupyterLab's own objects, as far as they are used here; `--expose-app-in-browser` shows them. */
interface Lab {
  readonly jupyterapp: {
    readonly commands: { execute(command: string): Promise<unknown> };
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
          })),
          wideTables: outputs.flatMap((output) =>
            [...output.querySelectorAll("table")]
              .filter((table) => table.scrollWidth > output.clientWidth + 1)
              .map((table) =>
                `${table.caption?.textContent} (${table.scrollWidth} in ${output.clientWidth})`
              )
          ),
          bars: area?.querySelectorAll("progress").length ?? 0,
        };
      });
    });
  }

  /** A picture of the whole notebook. */
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
      for (const panel of document.querySelectorAll(".jp-WindowedPanel-outer")) panel.scrollTop = 0;
    });
    await this.page.waitForTimeout(600);
    await this.page.screenshot({ path });
    await this.page.setViewportSize({ width, height: 900 });
  }
}
