import { writeAtomic } from "../util/files.ts";
import { escapeMarkdown, escapeMarkdownLine, escapeXml } from "./escape.ts";

/** A number with its 95 % interval. */
export interface Interval {
  /** The number. */
  readonly value: number;
  /** Its 95 % interval. */
  readonly interval: readonly [low: number, high: number];
}

/** What a cell may hold; undefined leaves it empty. */
export type Cell = string | number | boolean | Interval | undefined;

/** One column of a table. */
export interface Column {
  /** Key of the column's cells in the rows. */
  readonly key: string;
  /** Its heading. */
  readonly label: string;
  /** Default: right for columns of numbers, left otherwise. */
  readonly align?: "left" | "right";
  /** Digits after the point; default: as many as needed, at most 4 significant ones. */
  readonly digits?: number;
}

/** What a table is made from. */
export interface TableOptions {
  /** What the table shows. */
  readonly title: string;
  /** The columns from left to right. */
  readonly columns: readonly Column[];
  /** The rows from top to bottom, each by the columns' keys. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Sentences under the table. */
  readonly notes?: readonly string[];
}

/** A table that is shown in a notebook and kept as Markdown and JSON. */
export class Table {
  /** A table. @throws {RangeError} naming a cell that belongs to no column */
  constructor(readonly options: TableOptions) {
    const keys = new Set(options.columns.map(({ key }) => key));
    for (const row of options.rows) {
      const unknown = Object.keys(row).find((key) => !keys.has(key));
      if (unknown !== undefined) {
        throw new RangeError(`table "${options.title}" has no column ${unknown}`);
      }
    }
  }

  /** The cells as they are shown. */
  #cells(): string[][] {
    const { columns, rows } = this.options;
    return rows.map((row) => columns.map((column) => formatCell(row[column.key], column.digits)));
  }

  #aligns(): ("left" | "right")[] {
    const { columns, rows } = this.options;
    return columns.map(({ key, align }) =>
      align ?? (rows.some((row) => typeof row[key] === "string") ? "left" : "right")
    );
  }

  /** The table as Markdown. */
  markdown(): string {
    const { title, columns, notes = [] } = this.options;
    const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |\n`;
    const rule = this.#aligns().map((align) => align === "right" ? "--:" : ":--");
    return `**${escapeMarkdown(title)}**\n\n` + line(columns.map(({ label }) => label)) +
      `| ${rule.join(" | ")} |\n` + this.#cells().map(line).join("") +
      notes.map((note) => `\n${escapeMarkdownLine(note)}\n`).join("");
  }

  /**
   * Pixels that the table takes at least, at 12 pixels a letter. No number is broken, and headings are only at
   * blanks.
   * @param whole whether a number and its interval stay in one line
   */
  #leastWidth(whole: boolean): number {
    const { columns } = this.options;
    const cells = this.#cells(), aligns = this.#aligns();
    const longest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
    const letters = columns.reduce((sum, { label }, i) => {
      const own = cells.map((row) => row[i]!);
      const parts = own.flatMap((cell) =>
        cell.split(aligns[i] === "right" ? / (?=\()/ : / (?!\(\d)|(?<!\d) /)
      );
      const kept = aligns[i] === "right" && whole ? own : parts;
      return sum + Math.max(longest(label.split(" ")), longest(kept));
    }, 0);
    return LETTER * letters + PADDING * columns.length;
  }

  /**
   * The table in parts that each fit into a cell, in the smallest letters; each has the columns of words that
   * the table begins with.
   */
  #parts(): Table[] {
    const { title, columns, rows } = this.options;
    const aligns = this.#aligns();
    const lead = Math.max(0, aligns.indexOf("right"));
    const [names, rest] = [columns.slice(0, lead), columns.slice(lead)];
    for (let count = 1; count <= rest.length; count++) {
      const each = Math.ceil(rest.length / count);
      const parts = Array.from({ length: count }, (_, i) => {
        const own = [...names, ...rest.slice(i * each, (i + 1) * each)];
        return new Table({
          title: i === 0 ? title : `${title}, continued`,
          columns: own,
          rows: rows.map((row) => Object.fromEntries(own.map(({ key }) => [key, row[key]]))),
        });
      });
      if (parts.every((part) => part.#leastWidth(false) * TIGHT <= CELL)) return parts;
    }
    return [this];
  }

  /** The table as HTML; one that is too wide for a cell becomes several. */
  html(): string {
    const { notes = [] } = this.options;
    return this.#parts().map((part) => part.#one()).join("") +
      notes.map((note) => `<p><small>${escapeXml(note)}</small></p>`).join("");
  }

  /** The table as HTML, in one piece and without its notes. */
  #one(): string {
    const { title, columns } = this.options;
    const aligns = this.#aligns();
    // words may be broken; in a wide table an interval may stand below its number
    const whole = this.#leastWidth(true) <= CELL;
    const size = letterSize(this.#leastWidth(whole));
    const row = (tag: "th" | "td", cells: readonly string[]) =>
      "<tr>" + cells.map((cell, i) => {
        const isNumber = tag === "td" && aligns[i] === "right";
        const text = isNumber ? keepNumbers(cell, whole) : keepTogether(cell);
        const style = isNumber && whole ? ";white-space:nowrap" : "";
        return `<${tag} style="text-align:${aligns[i]}${style}">${text}</${tag}>`;
      }).join("") + "</tr>";
    return `<table${
      size < 12 ? ` style="font-size:${size}px"` : ""
    }><caption style="text-align:left;font-weight:bold">${escapeXml(title)}</caption>` +
      `<thead>${row("th", columns.map(({ label }) => label))}</thead>` +
      `<tbody>${this.#cells().map((cells) => row("td", cells)).join("")}</tbody></table>`;
  }

  /** The table as plain text in columns. */
  text(): string {
    const { title, columns, notes = [] } = this.options;
    const lines = [columns.map(({ label }) => label), ...this.#cells()];
    const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)));
    const aligns = this.#aligns();
    const shown = lines.map((cells) =>
      cells.map((cell, i) =>
        aligns[i] === "right" ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)
      ).join("  ").trimEnd()
    );
    return [title, ...shown, ...notes].join("\n") + "\n";
  }

  /** The raw values. */
  json(): TableOptions {
    return this.options;
  }

  /** Writes `<base>.md` and `<base>.json`. */
  async save(base: string): Promise<void> {
    await writeAtomic(`${base}.md`, this.markdown());
    await writeAtomic(`${base}.json`, JSON.stringify(this.json(), nonFiniteAsText, 2) + "\n");
  }

  /** What a notebook shows, by media type. */
  displayData(): Record<string, string> {
    return {
      "text/html": this.html(),
      "text/markdown": this.markdown(),
      "text/plain": this.text(),
    };
  }

  /** Lets the kernel show it as a cell's last expression too. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return this.displayData();
  }
}

/**
 * Width in pixels of an output cell in JupyterLab, in a window of 1000 pixels with its file browser open, and
 * of a letter and a column's padding at 12 pixels.
 */
const [CELL, LETTER, PADDING] = [568, 8, 12];

/** The smallest letters of a table, in pixels. */
const SMALLEST = 8;

/** A table's width in its smallest letters, as a share of its least width: most letters are narrower than taken. */
const TIGHT = 0.9 * SMALLEST / 12;

/** A smaller size of letters for tables that would be wider than their cell. */
function letterSize(width: number): number {
  return Math.min(12, Math.max(SMALLEST, Math.floor(24 * CELL / width) / 2));
}

/** A number for HTML: its spaces do not break, but perhaps the one before an interval. */
function keepNumbers(text: string, whole: boolean): string {
  return whole
    ? keepTogether(text)
    : text.split(/ (?=\()/).map((part) => keepTogether(part).replaceAll(" ", "\u00a0")).join(" ");
}

/** Text for HTML in which numbers keep their units, signs and exponents in words that break too. */
function keepTogether(text: string): string {
  return escapeXml(
    text.replaceAll(/(\d) (%|s|ms|kB|nats)(?![\w])/g, "$1\u00a0$2")
      .replaceAll(/(\d) (\(\d)/g, "$1\u00a0$2")
      .replaceAll(/(\d)([-–])(\d)/g, "$1\u2060$2\u2060$3")
      .replaceAll(/(top)-(\d)/g, "$1\u2060-\u2060$2")
      .replaceAll(/e([-+])(\d)/g, "e\u2060$1\u2060$2"),
  );
}

/** JSON has no NaN and no Infinity and would write null, so their names are written. */
function nonFiniteAsText(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** A cell as text: 0.187 (0.154–0.226) for a number with an interval. */
export function formatCell(cell: Cell, digits?: number): string {
  switch (typeof cell) {
    case "undefined":
      return "";
    case "string":
      return cell;
    case "boolean":
      return cell ? "yes" : "no";
    case "number": {
      const shown = formatNumber(cell, digits);
      // a small positive number must not be shown as zero
      return cell > 0 && Number(shown) === 0 ? `< ${formatNumber(10 ** -digits!, digits)}` : shown;
    }
    case "object": {
      const [low, high] = cell.interval.map((end) => formatNumber(end, digits ?? 3));
      return `${formatNumber(cell.value, digits ?? 3)} (${low}–${high})`;
    }
  }
}

/** 65,106; 0.001; 1,235; 3.912; 1.0e-4 */
export function formatNumber(value: number, digits?: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (digits !== undefined) {
    return value.toLocaleString("en", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }
  if (Number.isInteger(value)) return value.toLocaleString("en");
  if (Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toLocaleString("en", { maximumSignificantDigits: 4 });
}
