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

/** Escapes a text for a cell of a Markdown table. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\|]/g, "\\$&").replace(/\s*\n\s*/g, " ").replace(/</g, "&lt;");
}
