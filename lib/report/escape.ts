/** Escapes a text for HTML, SVG and attribute values. */
export function escapeXml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  // XML 1.0 does not allow control characters, not even escaped ones
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (char) => names[char]!);
}

/**
 * Escapes a text for Markdown, a cell of a table included: nothing in it is markup, a link, an image, a
 * formula or HTML, and it stays in one line.
 */
export function escapeMarkdown(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    // a backslash before a bracket would begin a formula, escaped or not
    .replaceAll("\\", "&#92;").replace(/[`*_[\]|~$]/g, "\\$&")
    // addresses become links without brackets too
    .replace(/:(?=\/)/g, "&#58;").replace(/@/g, "&#64;").replace(/(www)\./gi, "$1&#46;")
    .replace(/\s*[\n\r\u2028\u2029]\s*/g, " ");
}

/** The same for a text that begins a line, where it must not become a list, a heading or a rule either. */
export function escapeMarkdownLine(text: string): string {
  return escapeMarkdown(text.trimStart())
    .replace(
      /^([-+=#>]|\d+[.)](?=\s|$))/,
      (mark) => `${mark.slice(0, -1)}&#${mark.charCodeAt(mark.length - 1)};`,
    );
}

/**
 * Markdown in which what is put in is text and nothing else: names of data sets, classes and files.
 *
 * ```ts
 * import { markdown } from "@lenet/three-ways/report";
 *
 * console.log(markdown`**Data:** ${"<img src=x>"}`);
 * ```
 */
export function markdown(texts: TemplateStringsArray, ...values: readonly unknown[]): string {
  return texts.reduce((written, text, i) => {
    const escape = written === "" || written.endsWith("\n") ? escapeMarkdownLine : escapeMarkdown;
    return written + escape(String(values[i - 1])) + text;
  });
}
