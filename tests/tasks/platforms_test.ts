/**
 * Other systems, as far as they can be tried here: another `Deno.build`, a PATH without anything, a folder whose name has
 * spaces and a backslash, and packages for every system in the lock file.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects, assertStringIncludes } from "../assert.ts";
import { libraryPaths } from "../../lib/pixels/turbo_library.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { setupNative } from "../../tasks/native.ts";
import { nativePlatform } from "../../tasks/native_platforms.ts";
import { programOf } from "../../tasks/python.ts";
import { SetupError } from "../../tasks/run.ts";

Deno.test("the native TensorFlow: which systems it can be had for, and what the others are told", async () => {
  for (
    const system of [["linux", "x86_64"], ["linux", "aarch64"], ["darwin", "aarch64"]] as const
  ) {
    const platform = nativePlatform({ os: system[0], arch: system[1] })!;
    for (const wheel of [...Object.values(platform.tensorflow), platform.zig]) {
      assert.match(wheel.sha256, /^[0-9a-f]{64}$/);
      const arch = system[1] === "x86_64" ? /_x86_64$/ : /_(aarch64|arm64)$/;
      for (const tag of wheel.tags) assert.match(tag, arch);
    }
  }
  for (const [os, arch] of [["windows", "x86_64"], ["darwin", "x86_64"]] as const) {
    const error = await assertRejects(() => setupNative("cpu", { os, arch }), SetupError);
    assertStringIncludes(error.message, `to be had for ${arch} ${os}`);
  }
  const gpu = () => setupNative("gpu", { os: "linux", arch: "aarch64" });
  await assertRejects(gpu, SetupError, "TensorFlow with CUDA to be had for aarch64 linux");
});

Deno.test("programs of a virtual environment stand where the system has them", () => {
  assert.equal(programOf("venv", "python", "windows"), join("venv", "Scripts", "python.exe"));
  assert.equal(programOf("venv", "python", "darwin"), join("venv", "bin", "python"));
  // and nobody names them by a path of their own
  for (const folder of ["tasks", "tests", "tests/browser", "bench"]) {
    for (const { name } of Deno.readDirSync(join(projectRoot, folder))) {
      if (!name.endsWith(".ts") || name === "python.ts" || name === "platforms_test.ts") continue;
      const text = Deno.readTextFileSync(join(projectRoot, folder, name));
      assert.doesNotMatch(
        text,
        /"bin", ?"(python|jupyter|pip)|\/bin\/(python|jupyter)/,
        `${folder}/${name}`,
      );
    }
  }
});

Deno.test("libjpeg-turbo's builds for Linux and macOS are in the package", async () => {
  for (const os of ["linux", "darwin"]) {
    for (const arch of ["x86_64", "aarch64"]) {
      const paths = libraryPaths({ os, arch });
      const found = await Promise.all(paths.map(exists));
      assert(found.includes(true), `${os} ${arch}: none of ${paths.join(", ")}`);
    }
  }
  assert.deepEqual(libraryPaths({ os: "windows", arch: "x86_64" }), []);
});

Deno.test("the lock file holds sharp and esbuild for Linux, macOS and Windows, Intel and ARM", async () => {
  const { npm } = JSON.parse(await Deno.readTextFile(join(projectRoot, "deno.lock"))) as {
    npm: Record<string, unknown>;
  };
  const locked = Object.keys(npm);
  for (const system of ["linux", "darwin", "win32"]) {
    for (const cpu of ["x64", "arm64"]) {
      for (const name of ["@img/sharp", "@esbuild/"]) {
        const start = name.endsWith("/") ? `${name}${system}-${cpu}@` : `${name}-${system}-${cpu}@`;
        assert(locked.some((key) => key.startsWith(start)), `no ${start} in deno.lock`);
      }
    }
  }
});

/** The modules in a folder and those inside of it. */
function* modules(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("no path of a file is taken from its URL as it stands, where a space is %20", () => {
  for (const folder of ["lib", "tasks", "bench", "tests"]) {
    for (const path of modules(join(projectRoot, folder))) {
      const asItStands = /import\.meta\.url[^\n]*\)\.pathname/;
      assert.doesNotMatch(Deno.readTextFileSync(path), asItStands, `${path}: use fileURLToPath`);
    }
  }
});

/** A copy of what the tasks need, in a folder with an unusual name. */
async function copyProject(): Promise<string> {
  const folder = join(await Deno.makeTempDir(), "my project \\ copy");
  const copy = async (name: string): Promise<void> => {
    const from = join(projectRoot, name), to = join(folder, name);
    if ((await Deno.stat(from)).isDirectory) {
      await Deno.mkdir(to, { recursive: true });
      for (const child of Deno.readDirSync(from)) await copy(join(name, child.name));
    } else await Deno.copyFile(from, to);
  };
  await Deno.mkdir(folder, { recursive: true });
  for (const name of ["deno.json", "deno.lock", "tasks", "lib"]) await copy(name);
  await Deno.symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return folder;
}

Deno.test("without Python and compiler the commands say what is missing, and the tests go on without it", async () => {
  const folder = await copyProject();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-write", "--allow-env", "--allow-run", ...args],
      cwd: folder,
      env: { PATH: join(folder, "no programs"), NO_COLOR: "1", PYTHON: "", CXX: "" },
      stdin: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  try {
    for (const task of [["reproduce.ts", "--no-native"], ["lab.ts"], ["setup.ts"]]) {
      const { code, text } = await run(join("tasks", task[0]!), ...task.slice(1));
      assert.equal(code, 1, text);
      assertStringIncludes(text, "Python 3.11 or newer is needed and was not found");
    }
    const script = join(folder, "try.ts");
    await Deno.writeTextFile(
      script,
      `import { setup } from "./tasks/setup.ts";
       console.log("native:", await setup({ withoutPython: true }));`,
    );
    const { code, text } = await run(script);
    assert.equal(code, 0, text);
    assertStringIncludes(text, "Without the notebooks' Python. The reason: Python 3.11");
    assertStringIncludes(text, "so torch and keras run on the project's own kernels");
    assertStringIncludes(text, "native: false");
  } finally {
    await Deno.remove(join(folder, ".."), { recursive: true });
  }
});
