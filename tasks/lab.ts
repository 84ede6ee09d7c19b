/**
 * `deno task lab [arguments of jupyter lab]`: installs JupyterLab into `.venv` and opens the notebooks
 * with the project's own Deno kernel. Settings and history stay in `.cache/jupyter`.
 */
import { join } from "node:path";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { answerHelp, checkEnvironment, dataChoice } from "./arguments.ts";
import { jupyterEnvironment, programOf, setupVenv, venv } from "./python.ts";
import { main, output, run } from "./run.ts";
import { setup } from "./setup.ts";

async function lab(): Promise<void> {
  answerHelp(
    "lab",
    Deno.args,
    "the arguments of jupyter lab, such as --no-browser and --port=8899",
  );
  checkEnvironment();
  await setup();
  await setupVenv("requirements-lab.txt");
  const environment = jupyterEnvironment();
  // no question about news, no look for updates
  const quiet = { fetchNews: "false", checkForUpdates: false };
  await writeAtomic(
    join(environment.JUPYTER_CONFIG_DIR!, "labconfig", "default_setting_overrides.json"),
    JSON.stringify({ "@jupyterlab/apputils-extension:notification": quiet }) + "\n",
  );
  const data = dataChoice(undefined); // the notebooks run in another folder than the reader stands in
  await run(programOf(venv, "jupyter"), [
    "lab",
    `--ServerApp.root_dir=${projectRoot}`,
    "--ServerApp.default_url=/lab/tree/notebooks/1_preprocessing.ipynb",
    "--LabApp.extension_manager=readonly",
    // looks for language servers by running npm and rustup, which write to the home
    "--ServerApp.jpserver_extensions=jupyter_lsp=False",
    // Jupyter refuses to run as root without it; in a container there often is nobody else
    ...(await output("id", ["-u"]) === "0" ? ["--allow-root"] : []),
    ...Deno.args,
  ], {
    cwd: projectRoot,
    env: { ...environment, DENO_NO_UPDATE_CHECK: "1", ...data && { LENET_DATA: data } },
  });
}

if (import.meta.main) await main(lab);
