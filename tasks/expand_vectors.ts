/**
 * Writes out the vectors of the kernels' sources. WebAssembly's vectors have 16 bytes; in a process
 * with V8's turbo flags two neighbouring ones become one 256-bit operation. So that no kernel has to
 * be written twice, names in `lib/kernels/assembly/` say how many vectors they stand for:
 *
 * - `$x` is VECTOR bytes wide: one vector in the narrow builds, two in the wide ones.
 * - `$$x` is 32 bytes wide: two vectors in all builds.
 * - `x_` stands for one number or vector of each tile, in a function whose name ends in `_` as well.
 *   That function is written out for one, two and three tiles: `sweep_` becomes `sweep_1`, `sweep_2`
 *   and `sweep_3`, and `x_` becomes `x_1`, `x_2` and `x_3`.
 *
 * A statement with such names is repeated. In the second vector's copy, `$x` is `$xHigh`, and all that
 * `v128.load` and `v128.store` touch lies 16 bytes further on. A function named `$f` is repeated whole.
 * Statements of tiles that follow each other are repeated together. A loop over the halves of a lane
 * row, `for (let half = 0; half < …; half += VECTOR)`, is no loop in the wide builds.
 *
 * A comment `// @inline` above a function becomes AssemblyScript's decorator: `deno fmt` drops those
 * of functions, which TypeScript does not know.
 */
import { closing, mapStatements, splitArguments } from "./source_statements.ts";

/** Tiles for which the functions that end in `_` are written out, at most. */
const MOST_TILES = 3;

const TILED_NAME = /(?<![\w$])\$*[A-Za-z]\w*_(?![\w$])/g;
const TILED_FUNCTION = /^(@inline\s+)?function \w+_\(/;
const VECTOR_NAME = /(?<![\w$])\$\$?[A-Za-z]\w*/g;
const PAIR_NAME = /^\$\$/;

const HALVES = /for \(let half = 0; half < \w+; half \+= VECTOR\) \{/g;

/** A source with AssemblyScript's decorators in place of the comments that stand for them. */
export function restoreDecorators(source: string): string {
  return source.replaceAll(/\/\/ (?=@inline$)/gm, "");
}

/** A kernel's source as the compiler gets it. @throws SyntaxError if a mark cannot be written out */
export function expandVectors(source: string, wide: boolean): string {
  const decorated = restoreDecorators(source);
  const tiled = mapStatements(decorated, (text) => {
    if (!TILED_FUNCTION.test(text)) return text;
    return Array.from({ length: MOST_TILES }, (_, i) => writeOutTiles(text, i + 1)).join("\n\n");
  }, () => {});
  const withLoops = wide ? tiled.replaceAll(HALVES, "{ const half = 0;") : tiled;
  return mapStatements(withLoops, (text) => writeOutVectors(text, wide), withoutMarks(VECTOR_NAME));
}

/** A function `f_` for some tiles, `f_2`, say. */
function writeOutTiles(text: string, tiles: number): string {
  const copies = (part: string) =>
    Array.from({ length: tiles }, (_, i) => part.replace(TILED_NAME, (name) => `${name}${i + 1}`));
  const parameters = text.indexOf("(") + 1, end = closing(text, parameters);
  const body = text.indexOf("{", end);
  const list = splitArguments(text.slice(parameters, end))
    .flatMap((parameter) => parameter.match(TILED_NAME) ? copies(parameter) : [parameter]);
  // between ‹ and › for a moment, so that neighbours are found
  const statements = mapStatements(
    text.slice(body + 1, -1),
    (text) => text.match(TILED_NAME) ? `‹${repeatable(text)}›` : text,
    withoutMarks(TILED_NAME),
  ).replace(/‹[^›]*›(\s*‹[^›]*›)*/g, (run) => copies(run.replace(/[‹›]/g, "")).join("\n"));
  return `${text.slice(0, parameters - 1)}${tiles}(${list.join(", ")})${
    text.slice(end + 1, body)
  }{${statements}}`;
}

/** A statement, or a function named `$f`, once for each of its vectors. */
function writeOutVectors(text: string, wide: boolean): string {
  const names = text.match(VECTOR_NAME) ?? [];
  const pairs = names.filter((name) => PAIR_NAME.test(name));
  if (pairs.length > 0 && pairs.length < names.length) {
    throw new SyntaxError(`$ and $$ do not go together: ${text}`);
  }
  if (names.length === 0 || !wide && pairs.length === 0) return text;
  const high = moveAddresses(repeatable(text)).replace(VECTOR_NAME, (name) => `${name}High`);
  // of two stores the second vector's comes first: V8 stores the first one twice otherwise
  return text.startsWith("v128.store") ? `${high}\n${text}` : `${text}\n${high}`;
}

/** @throws SyntaxError if a statement's copy would repeat a loop or come after the function's end */
function repeatable(statement: string): string {
  if (/^(for|while|do|return|else)\b/.test(statement)) {
    throw new SyntaxError(`this cannot be repeated for each vector: ${statement}`);
  }
  return statement;
}

/** Makes a check that the head of a loop or condition is meant for all vectors alike. */
function withoutMarks(name: RegExp): (head: string) => void {
  return (head) => {
    if (!head.match(name)) return;
    throw new SyntaxError(`this is not one statement for each vector: ${head}`);
  };
}

/** The same text, with 16 bytes more in each `v128.load` and `v128.store`. */
function moveAddresses(text: string): string {
  let moved = "", from = 0;
  for (const { index, 0: call, 1: kind } of text.matchAll(/v128\.(load|store)\(/g)) {
    if (index < from) continue; // a load within a stored value, which has been moved with it
    const start = index + call.length, end = closing(text, start);
    const parts = splitArguments(text.slice(start, end));
    const [count, offset] = kind === "load" ? [1, parts[1]] : [2, parts[2]];
    const values = parts.slice(0, count).map(moveAddresses).join(", ");
    moved += `${text.slice(from, start)}${values}, ${offset === undefined ? "" : `${offset} + `}16`;
    from = end;
  }
  return moved + text.slice(from);
}
