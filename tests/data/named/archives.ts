/** Writes small archives, sound ones and, with other header fields, unsound ones. */
import { crc32, deflateRawSync } from "node:zlib";

type Files = Readonly<Record<string, string | Uint8Array>>;

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A tar archive. @param type of every entry: "0" a file, "2" a link */
export function tar(files: Files, type = "0"): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    const bytes = bytesOf(content), header = new Uint8Array(512);
    const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    put(0, path);
    put(100, "0000644\0");
    put(124, bytes.length.toString(8).padStart(11, "0") + "\0");
    put(148, "        ");
    put(156, type);
    put(257, "ustar\x0000");
    const sum = header.reduce((sum, byte) => sum + byte, 0);
    put(148, sum.toString(8).padStart(6, "0") + "\0 ");
    return [header, bytes, new Uint8Array((512 - bytes.length % 512) % 512)];
  });
  return joined([...parts, new Uint8Array(1024)]);
}

/** A ZIP archive of deflated files. @param flags of every entry; 1 is encryption */
export function zip(files: Files, flags = 0): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  for (const [path, content] of Object.entries(files)) {
    const bytes = bytesOf(content), name = new TextEncoder().encode(path);
    const packed = new Uint8Array(deflateRawSync(bytes));
    const common = [20, flags, 8, 0, 0]; // version, flags, method, time, date
    const sizes = [crc32(bytes), packed.length, bytes.length];
    const local = [...record(0x04034b50, common, sizes, [name.length, 0]), ...name, ...packed];
    parts.push(Uint8Array.from(local));
    const central = [[20, ...common], sizes, [name.length, 0, 0, 0, 0], [0, at]] as const;
    const [versions, numbers, lengths, rest] = central;
    directory.push(
      Uint8Array.from([...record(0x02014b50, versions, numbers, lengths, rest), ...name]),
    );
    at += local.length;
  }
  const all = joined(directory), count = directory.length;
  const end = record(0x06054b50, [0, 0, count, count], [all.length, at], [0]);
  return joined([...parts, all, Uint8Array.from(end)]);
}

/** A signature, then groups of fields: of two bytes, of four, of two, of four. */
function record(signature: number, ...groups: (readonly number[])[]): number[] {
  const fields = groups.flatMap((group, i) =>
    group.flatMap((value) => little(value, i % 2 === 0 ? 2 : 4))
  );
  return [...little(signature, 4), ...fields];
}

const little = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
