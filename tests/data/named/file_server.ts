/** A server on loopback that gives files, in parts if it is asked, and can misbehave. */

/** What the server does with requests. */
export interface Behaviour {
  /** Whether it answers requests for parts; default true. */
  ranges?: boolean;
  /** The connection is cut after so many bytes of each answer. */
  cutAfter?: number;
  /** Answers with this status. */
  status?: number;
  /** Sends these bytes in place of the file. */
  instead?: Uint8Array;
  /** Whether the answer says its length; default true. */
  length?: boolean;
}

/** A server that runs. */
export interface FileServer extends AsyncDisposable {
  /** Ends in a slash. */
  readonly home: string;
  /** Each request as "path range". */
  readonly requests: string[];
  readonly behaviour: Behaviour;
}

/** Serves these files by their paths. */
export function serveFiles(
  files: Readonly<Record<string, Uint8Array>>,
  behaviour: Behaviour = {},
): FileServer {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const range = request.headers.get("range");
    requests.push(`${path} ${range ?? "whole"}`);
    const file = behaviour.instead ?? files[path];
    if (behaviour.status) return new Response("no", { status: behaviour.status });
    if (!file) return new Response("no", { status: 404 });
    const from = behaviour.ranges === false
      ? 0
      : Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    const rest = file.subarray(from) as Uint8Array<ArrayBuffer>;
    const headers: Record<string, string> = {};
    if (behaviour.length !== false) headers["content-length"] = String(rest.length);
    if (from > 0) headers["content-range"] = `bytes ${from}-${file.length - 1}/${file.length}`;
    const cut = behaviour.cutAfter;
    const isCut = cut !== undefined && cut < rest.length;
    const body = !isCut && behaviour.length !== false ? rest : new ReadableStream({
      start(controller) {
        controller.enqueue(rest.subarray(0, cut));
        setTimeout(() => controller.close(), 20); // if it is cut, less than the length that was said
      },
    });
    return new Response(body, { status: from > 0 ? 206 : 200, headers });
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    ...{ home: `http://127.0.0.1:${port}/`, requests, behaviour },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
