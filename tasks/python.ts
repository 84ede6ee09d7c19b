/** The project's own Python in `.venv/`, and pip that works behind a proxy's certificate authority. */
import { basename, join } from "node:path";
import { turboFlags } from "../lib/kernels/kernel_platform.ts";
import { exists, projectRoot, sha256, writeAtomic } from "../lib/util/files.ts";
import { output, run, SetupError, step } from "./run.ts";

/** Folder of the project's virtual environment. */
export const venv: string = join(projectRoot, ".venv");

/** Where a virtual environment has a program. */
export function programOf(environment: string, name: string, os = Deno.build.os): string {
  return os === "windows"
    ? join(environment, "Scripts", `${name}.exe`)
    : join(environment, "bin", name);
}

/** The virtual environment's interpreter. */
export const venvPython: string = programOf(venv, "python");

/** A Python of at least 3.11: `PYTHON` if set, else the newest found on PATH. */
export async function findPython(): Promise<string> {
  const asked = Deno.env.get("PYTHON");
  const names = asked
    ? [asked]
    : ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python", "py"];
  for (const name of names) {
    const version = await output(name, ["-c", "import sys; print(*sys.version_info[:2])"]);
    const [major = 0, minor = 0] = (version ?? "").split(" ").map(Number);
    if (major === 3 && minor >= 11) return name;
  }
  throw new SetupError(
    `Python 3.11 or newer is needed and was not found (looked for ${names.join(", ")}). ` +
      "Install it, or set PYTHON to its path.",
  );
}

/** Where Linux distributions keep the bundle of trusted certificates. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** pip asks rustc for its version, and rustup's stand-in for rustc would write to the home. */
const rustElsewhere = { RUSTUP_HOME: join(projectRoot, ".cache", "rustup") };

/** pip's environment: trusts what the system trusts, unless somebody chose otherwise. */
export async function pipEnvironment(python: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    ...rustElsewhere,
  };
  const chosen = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"].some((n) => Deno.env.get(n)) ||
    await output(python, ["-m", "pip", "config", "get", "global.cert"]) !== undefined;
  if (chosen) return env;
  for (const bundle of bundles) {
    if (await exists(bundle)) return { ...env, PIP_CERT: bundle };
  }
  return env;
}

/** Runs pip with its progress shown. */
export async function pip(python: string, args: readonly string[], what: string): Promise<void> {
  await run(python, ["-m", "pip", ...args], {
    env: await pipEnvironment(python),
    advice: `${what} could not be had from PyPI: check the network, the proxy and the space on ` +
      "disk, then start again; what is finished is kept.",
  });
}

/** Makes an empty virtual environment, in which Python's venv installs pip by pip. */
export async function createVenv(folder: string): Promise<void> {
  await run(await findPython(), ["-m", "venv", "--clear", folder], {
    env: rustElsewhere,
    advice: "Python's venv module is needed (on Debian: apt install python3-venv).",
  });
}

/**
 * Makes a virtual environment and installs a requirements file of `tasks/` into it, unless that has been
 * done. pip compares the hash of every package that it installs.
 * @param folder of the environment; default `.venv`
 */
export async function setupVenv(requirements: string, folder: string = venv): Promise<void> {
  const list = join(projectRoot, "tasks", requirements);
  const stamp = join(folder, `${requirements}.installed`);
  const wanted = await sha256(await Deno.readTextFile(list));
  if (await exists(stamp) && await Deno.readTextFile(stamp) === wanted) return;
  const python = programOf(folder, "python");
  await step(`Python packages of tasks/${requirements} into ${basename(folder)}`, async () => {
    if (await output(python, ["-m", "pip", "--version"]) === undefined) {
      await createVenv(folder);
    }
    const args = ["install", "--quiet", "--require-hashes", "-r", list];
    await pip(python, args, requirements);
    await writeAtomic(stamp, wanted);
  });
}

/** Environment that keeps Jupyter inside the project: nothing in the home is read or written. */
export function jupyterEnvironment(): Record<string, string> {
  const own = join(projectRoot, ".cache", "jupyter");
  return {
    JUPYTER_CONFIG_DIR: join(own, "config"),
    JUPYTER_DATA_DIR: join(own, "data"),
    JUPYTER_RUNTIME_DIR: join(own, "runtime"),
    JUPYTER_PREFER_ENV_PATH: "1",
    JUPYTER_PLATFORM_DIRS: "1",
    IPYTHONDIR: join(own, "ipython"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** What turns on V8's turbo flags in a process and those that it starts; see the README for the risk. */
export const turboEnvironment: Readonly<Record<string, string>> = {
  DENO_V8_FLAGS: turboFlags.join(","),
};

/** Writes the project's own Deno kernelspecs into `.venv`, with the Deno that runs now. */
export async function writeKernelspecs(): Promise<void> {
  const kernels = {
    "deno": ["Deno", {}],
    "deno-turbo": ["Deno (turbo)", turboEnvironment],
  } as const;
  for (const [name, [title, env]] of Object.entries(kernels)) {
    const spec = {
      argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
      display_name: title,
      language: "typescript",
      // no interrupt_mode: Stop then sends SIGINT, which lib/report/stop.ts listens to
      env,
    };
    const path = join(venv, "share", "jupyter", "kernels", name, "kernel.json");
    await writeAtomic(path, JSON.stringify(spec, null, 2) + "\n");
  }
}
