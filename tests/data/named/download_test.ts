import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../../assert.ts";
import { scriptArguments } from "../../script.ts";
import { download } from "../../../lib/data/named/download.ts";
import type { RemoteFile } from "../../../lib/data/named/known_dataset.ts";
import { DataError } from "../../../lib/data/data_error.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exists, projectRoot, sha256 } from "../../../lib/util/files.ts";
import { type FileServer, serveFiles } from "./file_server.ts";
import { withFiles } from "../files.ts";

const content = Uint8Array.from(new Rng(1).permutation(300_000));
const value = await sha256(content);
async function refused(body: () => Promise<unknown>, message: RegExp): Promise<void> {
  const error = await assertRejects(body);
  assert.match(error.message, message);
  if (error.message !== "stopped") assert(error instanceof DataError);
}

const source = new URL("../../../lib/data/named/download.ts", import.meta.url).href;

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const quick = { pause: 0.01, attempts: 3 };

function remote({ home }: Pick<FileServer, "home">, more: Partial<RemoteFile> = {}): RemoteFile {
  const checksum = { algorithm: "sha256", value } as const;
  return { name: "a.bin", urls: [`${home}a.bin`], bytes: content.length, checksum, ...more };
}

Deno.test("a file is downloaded whole, under its name, and only once", async () => {
  await using server = serveFiles({ "a.bin": content });
  await withFiles({}, async (folder) => {
    const told: number[] = [];
    const onProgress = (done: number, total: number) => {
      assert.equal(total, content.length);
      told.push(done);
    };
    const path = await download(remote(server), folder, { onProgress });
    assert.deepEqual(await Deno.readFile(path), content);
    assert.equal(told.at(-1), content.length);
    await download(remote(server), folder);
    assert.deepEqual(server.requests, ["a.bin whole"]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.bin"]);
  });
});

Deno.test("after a cut connection only the rest is asked for", async () => {
  await using server = serveFiles({ "a.bin": content }, { cutAfter: 120_000 });
  await withFiles({}, async (folder) => {
    assert.deepEqual(await Deno.readFile(await download(remote(server), folder, quick)), content);
    assert.deepEqual(server.requests.length, 3);
    const [, from] = /^a\.bin bytes=(\d+)-$/.exec(server.requests.at(-1)!)!;
    assert(Number(from) > 120_000, server.requests.join());
  });
});

Deno.test("a later call goes on with what an earlier one has left", async () => {
  await using server = serveFiles({ "a.bin": content });
  await withFiles({ "a.bin.part": content.subarray(0, 1000) }, async (folder) => {
    assert.deepEqual(await Deno.readFile(await download(remote(server), folder)), content);
    assert.deepEqual(server.requests, ["a.bin bytes=1000-"]);
  });
});

Deno.test("a server without ranges sends the file from the beginning", async () => {
  await using server = serveFiles({ "a.bin": content }, { ranges: false });
  await withFiles({ "a.bin.part": content.subarray(0, 1000) }, async (folder) => {
    assert.deepEqual(await Deno.readFile(await download(remote(server), folder)), content);
  });
});

Deno.test("a part of another version of the file is downloaded anew", async () => {
  await using server = serveFiles({ "a.bin": content });
  for (
    const part of [new Uint8Array(1000), new Uint8Array(content.length), new Uint8Array(400_000)]
  ) {
    await withFiles({ "a.bin.part": part }, async (folder) => {
      assert.deepEqual(await Deno.readFile(await download(remote(server), folder)), content);
    });
  }
});

Deno.test("a wrong checksum is an error, and nothing of the file is kept", async () => {
  const wrong = content.with(7, content[7]! ^ 1);
  await using server = serveFiles({ "a.bin": wrong });
  await withFiles({}, async (folder) => {
    await refused(
      () => download(remote(server), folder, quick),
      /does not have the known sha256 checksum [0-9a-f]{64}, but/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("a file that somebody else put there must have the checksum", async () => {
  await withFiles({ "a.bin": "something else" }, async (folder) => {
    const none = { home: "http://127.0.0.1:1/" };
    await refused(() => download(remote(none), folder), /a\.bin.*Delete it/);
  });
});

Deno.test("what a server answers is named, and the next address is tried", async () => {
  await using server = serveFiles({ "a.bin": content });
  await withFiles({}, async (folder) => {
    const urls = [`${server.home}missing.bin`, `${server.home}a.bin`];
    assert(await exists(await download(remote(server, { urls }), folder, quick)));
  });
  await withFiles({}, async (folder) => {
    const cases: [FileServer["behaviour"], RegExp, number][] = [
      [{ status: 404 }, /it answers 404 Not Found/, 1],
      [{ status: 503 }, /it answers 503/, 3],
      [{ instead: new TextEncoder().encode("<html>") }, /it sends 6 bytes; the file has 300000/, 1],
    ];
    for (const [behaviour, message, requests] of cases) {
      server.requests.length = 0;
      Object.assign(server.behaviour, { status: 0 }, behaviour);
      await refused(() => download(remote(server), folder, quick), message);
      assert.equal(server.requests.length, requests, "a refusal is not asked again");
    }
    assert(!await exists(join(folder, "a.bin")));
  });
});

Deno.test("a page in the place of the file, which says no length, is no part of the file", async () => {
  const page = new TextEncoder().encode("<html>Please log in");
  await using portal = serveFiles({}, { instead: page, length: false });
  await using server = serveFiles({ "a.bin": content });
  await withFiles({}, async (folder) => {
    await refused(
      () => download(remote(portal), folder, quick),
      /it sends 19 bytes; the file has 300000/,
    );
    assert.deepEqual(portal.requests, ["a.bin whole"]);
    // the next address gives the file from its beginning
    const urls = [`${portal.home}a.bin`, `${server.home}a.bin`];
    const path = await download(remote(server, { urls }), folder, quick);
    assert.deepEqual(await Deno.readFile(path), content);
  });
});

Deno.test("who sends the reader to another host is followed; endless ways are given up", async () => {
  await using server = serveFiles({ "a.bin": content });
  const ways: Record<string, string> = {
    "/near": `${server.home}a.bin`,
    "/round": "/round",
    "/ftp": "ftp://a/b",
  };
  const sender = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      new Response(null, { status: 302, headers: { location: ways[new URL(url).pathname]! } }),
  );
  const from = (path: string) =>
    remote(server, { urls: [`http://127.0.0.1:${sender.addr.port}${path}`] });
  await withFiles({}, async (folder) => {
    await refused(() => download(from("/round"), folder, quick), /redirects/);
    await refused(() => download(from("/ftp"), folder, quick), /redirect to a non HTTP/);
    assert.deepEqual(await Deno.readFile(await download(from("/near"), folder, quick)), content);
  });
  await sender.shutdown();
});

Deno.test("nobody at the address: the error names it and says what to do", async () => {
  await withFiles({}, async (folder) => {
    const none = { home: "http://127.0.0.1:1/" };
    await refused(
      () => download(remote(none), folder, quick),
      /a\.bin could not be downloaded: http:\/\/127\.0\.0\.1:1\/a\.bin: .*put the file into/,
    );
  });
});

Deno.test("a server that falls silent is given up", async () => {
  const silent = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(new ReadableStream({ start: (c) => c.enqueue(content.subarray(0, 9)) })),
  );
  await withFiles({}, async (folder) => {
    const home = `http://127.0.0.1:${silent.addr.port}/`;
    await refused(
      () => download(remote({ home }), folder, { ...quick, patience: 0.2 }),
      /nothing came for 0\.2 seconds/,
    );
    assert.equal((await Deno.stat(join(folder, "a.bin.part"))).size, 9);
  });
  await silent.shutdown();
});

Deno.test({
  name: "a full disk is named with the path",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = serveFiles({ "a.bin": content });
    await withFiles({}, async (folder) => {
      await Deno.symlink("/dev/full", join(folder, "a.bin.part"));
      // only a process with all permissions may write to a device
      const script = `import { download } from ${JSON.stringify(source)};
        await download(${JSON.stringify(remote(server))}, ${JSON.stringify(folder)}, { pause: 0 })
          .catch((error) => console.log(error.name, error.message));`;
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-check", script],
        cwd: projectRoot,
      }).output();
      assert.match(
        decode(stdout),
        /DataError .*a\.bin\.part cannot be written: No space left on device/,
      );
    });
  },
});

Deno.test("a stop during a download leaves what has come", async () => {
  await using server = serveFiles({ "a.bin": content });
  await withFiles({}, async (folder) => {
    const onProgress = () => {
      throw new Error("stopped");
    };
    await refused(() => download(remote(server), folder, { onProgress }), /stopped/);
    assert((await Deno.stat(join(folder, "a.bin.part"))).size > 0);
    await download(remote(server), folder);
    assert.match(server.requests[1]!, /bytes=[1-9]/);
  });
});

Deno.test("a proxy of the environment is asked", async () => {
  // in a plain request to a proxy the path is the whole address
  const asked: string[] = [];
  const proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(request.url);
    return new Response(content);
  });
  await withFiles({}, async (folder) => {
    const file = { ...remote({ home: "" }), urls: ["http://data.invalid/a.bin"] };
    const net = "--allow-net=data.invalid,127.0.0.1";
    const script = `import { download } from ${JSON.stringify(source)};
      console.log(await download(${JSON.stringify(file)}, ${
      JSON.stringify(folder)
    }, { attempts: 1 }));`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: scriptArguments(script, ["--allow-read", "--allow-write", "--allow-env", net]),
      cwd: projectRoot,
      env: { HTTP_PROXY: `http://127.0.0.1:${proxy.addr.port}`, NO_PROXY: "", no_proxy: "" },
    }).output();
    assert.equal(decode(stdout).trim(), join(folder, "a.bin"), decode(stderr));
    assert.deepEqual(asked.map((url) => new URL(url).pathname), ["/a.bin"]);
  });
  await proxy.shutdown();
});
