/** What `JSON.parse` lets through: keys that stand twice, of which it keeps the last without a word. */
export interface JsonShape {
  /** The first key that an object has twice. */
  readonly duplicate: string | undefined;
  /** How many objects and lists stand in each other. */
  readonly depth: number;
}

/**
 * Goes through JSON text once. Text that is no JSON gives some answer, and `JSON.parse` refuses it
 * afterwards.
 * @param deepest gives up at this depth, so that no memory is spent on a file that is only brackets
 */
export function jsonShape(text: string, deepest: number): JsonShape {
  const open: (Set<string> | undefined)[] = []; // the keys of an object, undefined for a list
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case "{":
      case "[":
        open.push(text[i] === "{" ? new Set() : undefined);
        depth = Math.max(depth, open.length);
        if (depth > deepest) return { duplicate: undefined, depth };
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case '"': {
        const start = i;
        for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
        const keys = open.at(-1);
        let next = i + 1;
        while (" \t\n\r".includes(text[next] ?? "end")) next++;
        if (!keys || text[next] !== ":") break;
        const key = decodeText(text.slice(start, i + 1));
        if (keys.has(key)) return { duplicate: key, depth };
        keys.add(key);
      }
    }
  }
  return { duplicate: undefined, depth };
}

/** The same key may be written with escapes and without. */
function decodeText(text: string): string {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
