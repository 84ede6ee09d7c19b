import type { Evaluation } from "../../lib/systems/system.ts";
import { wilson } from "../../lib/metrics/wilson.ts";

/** Prints a result: as JSON on request, else as lines. */
export function print(json: boolean | undefined, value: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(value, undefined, 2) : lines.join("\n"));
}

/** 12,345 bytes */
export function byteCount(bytes: number): string {
  return `${bytes.toLocaleString("en")} bytes`;
}

/** A share with its 95 % interval. */
export interface Share {
  readonly share: number;
  readonly interval: readonly [number, number];
}

/** Top-1 and top-5 with their 95 % intervals (Wilson). */
export function shares({ top1, top5, images }: Evaluation): { top1: Share; top5: Share } {
  const of = (share: number): Share => ({
    share,
    interval: wilson(Math.round(share * images), images).interval,
  });
  return { top1: of(top1), top5: of(top5) };
}

/** top-1 0.180 (0.147–0.218) */
export function shareText(name: string, { share, interval: [low, high] }: Share): string {
  return `${name} ${share.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
