/** Setting up: what is chosen, what is trusted, and what is said when something is missing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects, assertStringIncludes, assertThrows } from "../assert.ts";
import { addonPath } from "../../lib/backend/native_path.ts";
import { findCompiler, kindToSetUp, setupNative } from "../../tasks/native.ts";
import {
  createVenv,
  findPython,
  jupyterEnvironment,
  pip,
  pipEnvironment,
  venv,
  venvPython,
  writeKernelspecs,
} from "../../tasks/python.ts";
import { run, SetupError } from "../../tasks/run.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { needs } from "../requirements.ts";
import { withEnvironment } from "../environment.ts";
import { scriptArguments } from "../script.ts";

Deno.test("the build: the argument counts before LENET_NATIVE, and that before the GPU", async () => {
  await withEnvironment({ LENET_NATIVE: "gpu" }, () => {
    assert.deepEqual([kindToSetUp(), kindToSetUp(false), kindToSetUp(true)], ["gpu", "cpu", "gpu"]);
  });
  await withEnvironment({ LENET_NATIVE: undefined }, () => {
    const kindOn = (arch: "x86_64" | "aarch64", hasGpu: boolean) =>
      kindToSetUp(undefined, { os: "linux", arch }, () => hasGpu);
    assert.deepEqual([kindOn("x86_64", true), kindOn("x86_64", false)], ["gpu", "cpu"]);
    // there is no build with CUDA for it
    assert.equal(kindOn("aarch64", true), "cpu");
  });
  await withEnvironment({ LENET_NATIVE: "tpu" }, () => {
    assertThrows(() => kindToSetUp(), SetupError, "got tpu");
  });
});

Deno.test(...needs("the native TensorFlow", "what is set up already is left alone"), async () => {
  const addon = addonPath("cpu");
  assert(await exists(addon), "the tests run after the setup");
  const before = (await Deno.stat(addon)).mtime?.getTime();
  await setupNative("cpu");
  assert.deepEqual((await Deno.stat(addon)).mtime?.getTime(), before);
});

Deno.test("a compiler that was asked for and is not there is named", async () => {
  await withEnvironment(
    { CXX: "no-such-c++" },
    () => assertRejects(findCompiler, SetupError, "CXX is no-such-c++"),
  );
});

Deno.test("a Python too old or missing is an error that says what to do", async () => {
  await withEnvironment(
    { PYTHON: "no-such-python" },
    () => assertRejects(findPython, SetupError, "Python 3.11 or newer is needed"),
  );
});

Deno.test("pip trusts the system's certificates, unless somebody chose others", async () => {
  const none = { PIP_CERT: undefined, REQUESTS_CA_BUNDLE: undefined, SSL_CERT_FILE: undefined };
  await withEnvironment({ ...none, PIP_CONFIG_FILE: "/dev/null" }, async () => {
    const bundle = (await pipEnvironment(venvPython)).PIP_CERT;
    if (bundle !== undefined) assertStringIncludes(await Deno.readTextFile(bundle), "BEGIN");
  });
  await withEnvironment({ ...none, SSL_CERT_FILE: "/own.pem" }, async () => {
    assert.deepEqual((await pipEnvironment(venvPython)).PIP_CERT, undefined);
  });
});

Deno.test(
  ...needs("the notebooks' Python", "a new environment leaves nothing of rustup's in the home"),
  async () => {
    const folder = await Deno.makeTempDir();
    const home = join(folder, "home"), rustc = join(folder, "rustc");
    await Deno.mkdir(home);
    // what rustup's stand-in does, which pip asks for the version
    await Deno.writeTextFile(rustc, '#!/bin/sh\nmkdir -p "${RUSTUP_HOME:-$HOME/.rustup}"\n');
    await Deno.chmod(rustc, 0o755);
    const path = `${folder}:${Deno.env.get("PATH")}`;
    try {
      await withEnvironment(
        { HOME: home, PATH: path, RUSTUP_HOME: undefined },
        () => createVenv(join(folder, "venv")),
      );
      assert.deepEqual([...Deno.readDirSync(home)], []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test(
  ...needs(
    "the notebooks' Python",
    "a download that fails says what could not be had and what to check",
  ),
  async () => {
    const index = {
      PIP_INDEX_URL: "http://127.0.0.1:9/",
      PIP_RETRIES: "0",
      PIP_CONFIG_FILE: "/dev/null",
    };
    const error = await withEnvironment(index, () =>
      assertRejects(
        () => pip(venvPython, ["download", "--quiet", "no-such-package==1"], "no-such-package"),
        SetupError,
      ));
    assertStringIncludes(
      error.message,
      "no-such-package could not be had from PyPI: check the network",
    );
  },
);

Deno.test("a program that is not there is an error with advice", async () => {
  await assertRejects(
    () => run("no-such-program", [], { advice: "Install it." }),
    SetupError,
    "Install it.",
  );
});

Deno.test("the kernelspecs are the project's own, one with V8's turbo flags, and Jupyter stays out of the home", async () => {
  await writeKernelspecs();
  const read = async (name: string) => {
    const path = join(venv, "share", "jupyter", "kernels", name, "kernel.json");
    return JSON.parse(await Deno.readTextFile(path));
  };
  const [plain, turbo] = [await read("deno"), await read("deno-turbo")];
  assert.deepEqual([plain.argv[0], turbo.argv[0]], [Deno.execPath(), Deno.execPath()]);
  assert.deepEqual(plain.env, {});
  // the flags are V8's own experiments: a Deno that does not know them any more would not start
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: scriptArguments(
      `import { isTurbo } from "${new URL(
        "../../lib/kernels/kernel_platform.ts",
        import.meta.url,
      )}"; console.log(isTurbo())`,
    ),
    env: turbo.env,
  }).output();
  assert.deepEqual(new TextDecoder().decode(stdout), "true\n");
  for (const [name, value] of Object.entries(jupyterEnvironment())) {
    if (name.endsWith("DIR")) assert(value.includes(join(".cache", "jupyter")), name);
  }
});

/** Files of Python packages, and what each was compiled from. */
const packageLists = {
  "tasks/requirements.in": ["tasks/requirements.txt"],
  "tasks/requirements-lab.in": ["tasks/requirements-lab.txt"],
  "tasks/requirements-cuda.in": ["tasks/requirements-cuda.txt"],
  "tasks/requirements-dask.in": ["tasks/requirements-dask.txt"],
  "bench/requirements.in": ["bench/requirements.txt", "bench/requirements-torch.txt"],
};

for (const [wantedIn, lists] of Object.entries(packageLists)) {
  Deno.test(`every package of ${lists.join(" and ")} has one version and its hashes`, async () => {
    const read = (name: string) => Deno.readTextFile(join(projectRoot, name));
    const locked = (await Promise.all(lists.map(read))).join("\n").replaceAll("\\\n", " ")
      .split("\n").filter((line) => /^[^#\s]/.test(line));
    for (const line of locked) assert.match(line, /^[\w.-]+==\S+.*( --hash=sha256:[0-9a-f]{64})+$/);
    const names = locked.map((line) => line.split("==")[0]!);
    for (const [, wanted] of (await read(wantedIn)).matchAll(/^([\w.-]+)/gm)) {
      assert(names.includes(wanted!), `${wanted} of ${wantedIn} is in no list`);
    }
  });
}

Deno.test("every list of Python packages in the project is among those whose hashes are compared", async () => {
  const found: string[] = [];
  for (const folder of ["tasks", "bench"]) {
    for await (const { name } of Deno.readDir(join(projectRoot, folder))) {
      if (/^requirements.*\.txt$/.test(name)) found.push(`${folder}/${name}`);
    }
  }
  assert.deepEqual(found.sort(), Object.values(packageLists).flat().sort());
});

Deno.test(
  ...needs("the notebooks' Python", "a library that cannot be unpacked leaves nothing on the disk"),
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const name = "tensorflow/libtensorflow_cc.so.2", wheel = join(folder, "wheel", "x.whl");
      await Deno.mkdir(join(folder, "wheel"));
      const make =
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr(sys.argv[2], 'library')";
      await run(venvPython, ["-c", make, wheel, name], {});
      // other bytes than the checksum is of
      await Deno.writeFile(
        wheel,
        (await Deno.readFile(wheel)).map((byte) =>
          byte === "y".charCodeAt(0) ? "x".charCodeAt(0) : byte
        ),
      );
      const unpack = () =>
        run(venvPython, [join(projectRoot, "tasks", "unpack_wheel.py"), folder], {});
      await assertRejects(unpack, SetupError);
      assert.deepEqual([...Deno.readDirSync(join(folder, "tensorflow"))], []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
