/** JupyterLab on loopback, on a copy of the notebooks, for the test in a browser. */
import { basename, join } from "node:path";
import { exists, projectRoot, writeAtomic } from "../../lib/util/files.ts";
import { notebookPaths } from "../../tasks/execute.ts";
import { jupyterEnvironment, programOf, venv } from "../../tasks/python.ts";

/** Everything that the test leaves behind; git ignores it. */
export const browserFolder: string = join(projectRoot, ".cache", "browser");

/** Which kernelspec the notebooks are opened with: the project's, or one as `deno jupyter --install` writes. */
export type Kernel = "project" | "stock";

/** A running JupyterLab. */
export interface LabServer {
  /** Address of a notebook. */
  url(notebook: string): string;
  stop(): Promise<void>;
}

/** Copies the notebooks, so that JupyterLab saves into the copies, and starts JupyterLab. */
export async function startLab(kernel: Kernel, data: string): Promise<LabServer> {
  const root = join(browserFolder, "root");
  await copyNotebooks(join(root, "notebooks"), kernel);
  await writeStockKernelspec();
  const config = join(browserFolder, "config");
  await writeAtomic(
    join(config, "labconfig", "default_setting_overrides.json"),
    JSON.stringify({
      "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
      // all cells are in the page, also those that cannot be seen
      "@jupyterlab/notebook-extension:tracker": { windowingMode: "none" },
    }),
  );
  const token = crypto.randomUUID(), port = freePort();
  const server = new Deno.Command(programOf(venv, "jupyter"), {
    args: [
      ...["lab", "--no-browser", "--ip=127.0.0.1", `--port=${port}`, "--expose-app-in-browser"],
      ...[`--ServerApp.root_dir=${root}`, `--IdentityProvider.token=${token}`, "--allow-root"],
      ...[
        "--LabApp.extension_manager=readonly",
        "--ServerApp.jpserver_extensions=jupyter_lsp=False",
      ],
    ],
    env: {
      ...jupyterEnvironment(),
      JUPYTER_CONFIG_DIR: config,
      JUPYTER_PATH: join(browserFolder, "stock"),
      DENO_NO_UPDATE_CHECK: "1",
      LENET_DATA: data,
      LENET_PARAMETERS: join(browserFolder, "parameters.json"),
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const base = `http://127.0.0.1:${port}`;
  await answers(`${base}/api?token=${token}`);
  return {
    url: (notebook) => `${base}/lab/tree/notebooks/${notebook}?reset&token=${token}`,
    async stop() {
      server.kill("SIGTERM");
      await server.status;
    },
  };
}

async function copyNotebooks(folder: string, kernel: Kernel): Promise<void> {
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  for (const path of notebookPaths()) {
    const notebook = JSON.parse(await Deno.readTextFile(path));
    if (kernel === "stock") notebook.metadata.kernelspec.name = "deno-stock";
    await writeAtomic(join(folder, basename(path)), JSON.stringify(notebook));
  }
}

/** The kernelspec that `deno jupyter --install` writes, under another name. */
async function writeStockKernelspec(): Promise<void> {
  const spec = {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno (stock)",
    language: "typescript",
  };
  const path = join(browserFolder, "stock", "kernels", "deno-stock", "kernel.json");
  await writeAtomic(path, JSON.stringify(spec));
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch { // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("JupyterLab did not answer within two minutes");
}
