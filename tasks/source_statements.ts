/**
 * Finds the statements of AssemblyScript source by its brackets, semicolons and comments. That is
 * enough for the kernels' sources, which `deno fmt` formats: each statement ends with a semicolon,
 * and no string in them holds a bracket.
 */

const OPENING = "([{", CLOSING = ")]}";

/** Functions that are passed on with their body, as one statement. */
const wholeFunction = /^(@inline\s+)?(export\s+)?function (\$\w*|\w+_)\(/;

/**
 * Replaces each statement of a source. Comments, and heads of loops, conditions and functions stay.
 * A function whose name starts with `$` or ends in `_` counts as one statement.
 * @param checkHead is shown each head
 */
export function mapStatements(
  source: string,
  map: (statement: string) => string,
  checkHead: (head: string) => void,
): string {
  let result = "", start = -1;
  for (let i = 0, depth = 0; i < source.length; i++) {
    const comment = commentLength(source, i);
    const char = source[i]!;
    if (start < 0 && (comment > 0 || /[\s}]/.test(char))) {
      result += source.slice(i, i + Math.max(comment, 1));
      i += Math.max(comment, 1) - 1;
      continue;
    }
    if (start < 0) start = i;
    if (comment > 0) {
      i += comment - 1;
      continue;
    }
    if ("([".includes(char)) depth++;
    if (")]".includes(char)) depth--;
    if (depth > 0) continue;
    if (char === ";") {
      result += map(source.slice(start, i + 1));
      start = -1;
    } else if (char === "{" && wholeFunction.test(source.slice(start, i))) {
      const end = closing(source, i + 1);
      result += map(source.slice(start, end + 1));
      i = end;
      start = -1;
    } else if (char === "{" || char === "}") {
      checkHead(source.slice(start, i));
      result += source.slice(start, i + 1);
      start = -1;
    }
  }
  return start < 0 ? result : result + source.slice(start);
}

/** Index of the bracket that closes the one whose content starts at `start`. */
export function closing(text: string, start: number): number {
  for (let i = start, depth = 0; i < text.length; i++) {
    const comment = commentLength(text, i);
    if (comment > 0) i += comment - 1;
    else if (OPENING.includes(text[i]!)) depth++;
    else if (CLOSING.includes(text[i]!) && depth-- === 0) return i;
  }
  throw new SyntaxError(`a bracket is not closed: ${text.slice(start - 1, start + 40)}`);
}

/** What stands between the commas of an argument list. */
export function splitArguments(text: string): string[] {
  const parts = [""];
  for (let i = 0, depth = 0; i < text.length; i++) {
    const char = text[i]!;
    if (OPENING.includes(char)) depth++;
    if (CLOSING.includes(char)) depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** Characters of a comment that starts here; 0 if none does. */
function commentLength(text: string, i: number): number {
  if (text[i] !== "/") return 0;
  if (text[i + 1] === "/") {
    const end = text.indexOf("\n", i);
    return (end < 0 ? text.length : end) - i;
  }
  return text[i + 1] === "*" ? text.indexOf("*/", i) + 2 - i : 0;
}
