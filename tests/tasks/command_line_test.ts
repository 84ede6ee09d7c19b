/** The command line, as a reader uses it: in another folder, with good and with wrong arguments. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Classifier } from "../../lib/classifier/classifier.ts";
import { loadClassifier, saveClassifier } from "../../lib/classifier/classifier_file.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { assertLess, assertStringIncludes } from "../assert.ts";
import { float, int8 } from "../classifier/classifiers.ts";
import { blocksOf } from "../examples.ts";
import { copyFewImages } from "../few_images.ts";
import { runCommand } from "../../tasks/cli/main.ts";

const image = join(projectRoot, "tests/fixtures/opencv/colour.jpg");

async function called(folder: string, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    // where the reader is; from within `deno task test` it would be where that was started
    env: { NO_COLOR: "1", LENET_DATA: "", INIT_CWD: folder },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a command as `deno task` would, with the permissions of deno.json. */
function command(folder: string, ...args: string[]) {
  const config = join(projectRoot, "deno.json");
  return called(folder, ["task", "--quiet", "--config", config, ...args]);
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the README's commands run as they are written, in another folder", async () => {
  await inFolder(async (folder) => {
    await copyFewImages(join(folder, "path/to/images"));
    await Deno.copyFile(image, join(folder, "photo.jpg"));
    const readme = await Deno.readTextFile(join(projectRoot, "README.md"));
    const section = readme.split("## Train and ship a classifier")[1]!;
    const lines = blocksOf(section, "sh")[0]!.code.trim().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split(" ").slice(0, 3).join(" ")),
      ["train", "evaluate", "compress", "predict", "export"].map((name) => `deno task ${name}`),
    );
    const printed: string[] = [];
    for (const line of lines) {
      const { code, stdout, stderr } = await command(folder, ...line.split(" ").slice(2));
      assert.equal(code, 0, `${line}\n${stderr}`);
      assert.doesNotMatch(stderr, /warning|error/i);
      printed.push(stdout);
    }
    const [train, evaluate, compress, predict, exported] = printed as [string, ...string[]];
    assert.match(
      train,
      /^animals\.safetensors: .* bytes, 50 classes of images \(synthetic images\)/,
    );
    assert.match(evaluate!, /on 50 test images of images .*\ntop-1 0\.\d{3} \(/);
    assert.match(compress!, /int8, .* bytes, 0\.1\d of animals\.safetensors's\n.* 60\.0 % of/);
    assert.match(exported!, /^small\.onnx: onnx, int8\n$/);
    using classifier = await Classifier.open(
      await loadClassifier(join(folder, "small.safetensors")),
    );
    const answers = await classifier.classify(image, { top: 3 });
    const expected = answers.map(({ name, probability }) => `  ${probability.toFixed(4)}  ${name}`);
    assert.equal(predict, ["photo.jpg", ...expected, ""].join("\n"));
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const written = ["animals.safetensors", "small.onnx", "small.safetensors"];
    assert.deepEqual(files, [...written, "path", "photo.jpg"].sort());
  });
});

/** Runs a command in this process, as if it were called in another folder. */
async function inProcess(folder: string, ...args: string[]) {
  const before = { log: console.log, error: console.error, folder: Deno.env.get("INIT_CWD") };
  let stdout = "", stderr = "";
  console.log = (text) => stdout += `${text}\n`;
  console.error = (text) => stderr += `${text}\n`;
  Deno.env.set("INIT_CWD", folder);
  try {
    const code = await runCommand(args);
    return { code, stdout, stderr };
  } finally {
    Object.assign(console, { log: before.log, error: before.error });
    if (before.folder === undefined) Deno.env.delete("INIT_CWD");
    else Deno.env.set("INIT_CWD", before.folder);
  }
}

/** What a command writes before it does anything. */
async function understood(...args: string[]) {
  let stdout = "", stderr = "";
  const code = await runCommand(args, {
    writeOut: (text) => stdout += text,
    writeErr: (text) => stderr += text,
  });
  return { code, stdout, stderr };
}

Deno.test("Ctrl-C stops a training, and the same command goes on to the same bits", async () => {
  await inFolder(async (folder) => {
    await copyFewImages(join(folder, "images"));
    const train = (out: string) =>
      ["train", ..."--data images --epochs 120 --threads 1 --json --out".split(" "), out] as const;
    // a terminal interrupts the program itself; deno task hands no signal on
    const { tasks } = JSON.parse(await Deno.readTextFile(join(projectRoot, "deno.json")));
    const [, ...run] = tasks.train.command.split(" ");
    const child = new Deno.Command(Deno.execPath(), {
      args: [...run, ...train("stopped.safetensors").slice(1)],
      ...{ cwd: projectRoot, env: { NO_COLOR: "1", INIT_CWD: folder } },
      ...{ stdout: "piped", stderr: "piped" } as const,
    }).spawn();
    let told = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      if (!told.includes("epoch 1 of 120") && text.includes("epoch 1 of 120")) child.kill("SIGINT");
      told += text;
    }
    assert.equal((await child.status).code, 130, told);
    assert.equal(await new Response(child.stdout).text(), "");
    assert.match(told, /^stopped after \d+ of 120 epochs\. The same command goes on from stopped/m);
    const after = await command(folder, ...train("stopped.safetensors"));
    assert.match(after.stderr, /^A training goes on after \d+ whole epochs/m);
    JSON.parse(after.stdout);
    const whole = await command(folder, ...train("whole.safetensors"));
    assert.deepEqual([after.code, whole.code], [0, 0]);
    const bytes = (name: string) => Deno.readFile(join(folder, name));
    assert.deepEqual(await bytes("stopped.safetensors"), await bytes("whole.safetensors"));
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(files, ["images", "stopped.safetensors", "whole.safetensors"]);
  });
});

Deno.test("--patience ends a training and keeps the weights of the best epoch", async () => {
  await inFolder(async (folder) => {
    await copyFewImages(join(folder, "images"));
    const train = (...args: string[]) =>
      inProcess(folder, "train", "--data", "images", "--seed", "3", "--json", ...args);
    const told = await train("--epochs", "100", "--patience", "2", "--out", "patient.safetensors");
    assert.equal(told.code, 0, told.stderr);
    const { epoch, validation } = JSON.parse(told.stdout);
    const losses = [...told.stderr.matchAll(/^epoch (\d+) of 100: loss/gm)].map(([, n]) =>
      Number(n)
    );
    assert.equal(losses.at(-1), epoch + 2);
    const scored = await inProcess(
      ...[folder, "evaluate", "patient.safetensors", "--data", "images", "--on", "val", "--json"],
    );
    const { loss, top1 } = JSON.parse(scored.stdout);
    assertLess(Math.abs(loss - validation.loss), 1e-6);
    assert.deepEqual(top1, validation.top1);
  });
});

Deno.test("each command explains its options", async () => {
  const options = {
    train: ["--data", "--system", "--backend", "--recipe", "--activation", "--seed", "--out"],
    evaluate: ["<model>", "--data", "--on", "--json"],
    compress: ["<model>", "--prune", "--granularity", "--int8", "--force"],
    predict: ["<model> <image...>", "--top", "--json"],
    export: ["<model>", "--to", '"onnx", "keras", "tfjs", "pytorch"'],
  };
  for (const [name, known] of Object.entries(options)) {
    const { code, stdout, stderr } = await understood(name, "--help");
    assert.deepEqual([code, stderr], [0, ""]);
    const text = stdout.replaceAll(/\s+/g, " ");
    for (const option of known) assertStringIncludes(text, option, name);
  }
});

Deno.test("what is not understood is refused by name, with exit code 2", async () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["train --out x --epoch 3", "unknown option '--epoch'\n(Did you mean --epochs?)"],
    ["train --epochs 3", "required option '--out <path>' not specified"],
    ["train --out x --epochs 1.5", "must be a whole number of at least 1"],
    ["train --out x --learning-rate 0", "must be a number above 0"],
    ["train --out x --learning-rate -1", "must be a number above 0"],
    ["train --out x --threads 1000", "must be a whole number of at least 1 and at most 64"],
    ["train --out x --system nunpy", "Allowed choices are numpy, torch, keras"],
    ["compress m --out x --prune 1", "must be a number of at least 0 and below 1"],
    ["predict m", "missing required argument 'image'"],
    ["export m --out x", "required option '--to <format>' not specified"],
  ];
  for (const [line, message] of wrong) {
    const { code, stdout, stderr } = await understood(...line.split(" "));
    assert.deepEqual([code, stdout], [2, ""], line);
    assertStringIncludes(stderr, message);
  }
  const { code, stderr } = await command(
    ...[projectRoot, "export", "m", "--to", "onnx", "--out", "x", "--forse"] as const,
  );
  assert.equal(code, 2);
  assertStringIncludes(stderr, "unknown option '--forse'\n(Did you mean --force?)");
});

Deno.test("what fails is told in a line, with exit code 1, and leaves every file as it was", async (t) => {
  await inFolder(async (folder) => {
    await saveClassifier(join(folder, "float.safetensors"), float);
    await saveClassifier(join(folder, "int8.safetensors"), int8);
    await copyFewImages(join(folder, "images"));
    await Deno.writeTextFile(join(folder, "there.safetensors"), "mine");
    await Deno.mkdir(join(folder, "empty"));
    for (const name of ["cat", "dog"]) {
      await Deno.mkdir(join(folder, "one", name), { recursive: true });
      await Deno.copyFile(image, join(folder, "one", name, "1.jpg"));
    }
    await Deno.writeTextFile(join(folder, "broken.safetensors"), "no model");
    const state = () =>
      [...Deno.readDirSync(folder)].map((
        { name },
      ) => [name, Deno.statSync(join(folder, name)).mtime])
        .sort();
    const before = state();
    const lines: readonly (readonly [string, string])[] = [
      ["train --data images --out there.safetensors", "there.safetensors is there already"],
      [
        "train --data images --out images --force",
        "images is a folder, and a file is to be written",
      ],
      ["train --data images --out x --split val=0.1,test=2", '--split is "val=0.1,test=2": '],
      ["train --data empty --out new/folder/x", "empty"],
      ["train --data imges --out new/folder/x", "imges; the known data sets are fashion-mnist"],
      ["train --data images --out x --momentum 0.5", "--momentum is for --optimizer sgd"],
      ["train --data images --out there.safetensors/x", "has no room for"],
      ["train --data images --out=", "--out names nothing"],
      ["train --data= --out x", "--data names nothing"],
      ["train --data images --out x --backend native", "--backend is for --system torch and keras"],
      ["train --data images --out x --size 4000", "need 1,908,514,386 weights, more than"],
      ["train --data images --out x --shift 32", "shift must be a whole number from 0 to below 32"],
      ["train --data one --out x", "has too few images for a split, 1"],
      ["predict float.safetensors a.jpg --backend kernels", "--backend is for --system"],
      ["predict int8.safetensors a.jpg --threads 2", "leave out threads"],
      [
        "evaluate float.safetensors --data images",
        "images has other classes than the classifier: 50",
      ],
      [
        "evaluate none.safetensors",
        "none.safetensors is not a usable classifier: there is no such",
      ],
      ["predict broken.safetensors a.jpg", "broken.safetensors is not a usable"],
      ["compress float.safetensors --out x", "say what to do: --prune"],
      ["compress int8.safetensors --int8 --out x", "int8.safetensors is in int8 already"],
      ["export int8.safetensors --to keras --out x.keras", "write ONNX, or the float32 network"],
      ["export float.safetensors --to onnx --out there.safetensors", "is there already"],
      [
        "export float.safetensors --to tfjs --out there.safetensors --force",
        "there.safetensors is a file, and a folder is to be written",
      ],
    ];
    for (const [line, message] of lines) {
      await t.step(line, async () => {
        const { code, stdout, stderr } = await inProcess(folder, ...line.split(" "));
        assert.deepEqual([code, stdout], [1, ""], stderr);
        assertStringIncludes(stderr, `error: `);
        assertStringIncludes(stderr, message);
        assert.doesNotMatch(stderr, /\n {4}at /, "a stack is for programmers");
        assert.deepEqual(state(), before);
      });
    }
    await t.step("--force replaces", async () => {
      const args = ["--to", "onnx", "--out", "there.safetensors", "--force", "--json"];
      const { code, stdout } = await command(folder, "export", "float.safetensors", ...args);
      assert.equal(code, 0);
      const out = join(folder, "there.safetensors");
      const model = join(folder, "float.safetensors");
      assert.deepEqual(JSON.parse(stdout), { model, to: "onnx", out, numbers: "float32" });
      assert((await Deno.stat(out)).size > 100);
    });
  });
});

Deno.test("images that cannot be read are told, and the others are still answered", async () => {
  await inFolder(async (folder) => {
    const model = join(folder, "c.safetensors");
    await saveClassifier(model, int8);
    const args = [model, "none.jpg", image, "c.safetensors", "--top", "9", "--json"];
    const { code, stdout, stderr } = await command(folder, "predict", ...args);
    assert.equal(code, 1);
    assert.match(stderr, /^error: none\.jpg: there is no such file$/m);
    assert.match(stderr, /^error: c\.safetensors: not a JPEG/m);
    using classifier = await Classifier.open(int8);
    const classes = await classifier.classify(image, { top: 9 });
    assert.deepEqual(JSON.parse(stdout), [{ image, classes }]);
  });
});

Deno.test("deno task page takes paths from where the reader is, and refuses what it does not know", async () => {
  await inFolder(async (folder) => {
    await saveClassifier(join(folder, "int8.safetensors"), int8);
    const { code, stderr } = await command(folder, "page", "int8.safetensors", "--out", "p.html");
    assert.equal(code, 0, stderr);
    assertStringIncludes(await Deno.readTextFile(join(folder, "p.html")), "<html");
    const wrong = await command(folder, "page", "int8.safetensors", "--out");
    assert.equal(wrong.code, 1);
    assertStringIncludes(wrong.stderr, "page does not know --out without a value");
  });
});
