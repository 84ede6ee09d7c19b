/** Kills trainings at random moments; each goes on, and ends with the bits of one that was let be. */
import { join } from "node:path";
import { decodeSafetensors } from "../../lib/model/safetensors.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { Rng } from "../../lib/util/rng.ts";
import type { trained } from "./tiny_training.ts";

/** What came of it. */
export interface KillOutcome {
  readonly kills: number;
  /** Kills in the middle of the training, not of the start of the process. */
  readonly inTraining: number;
  /** Trainings that came to their end after one kill or more. */
  readonly ended: number;
  /** Trainings with other bits than the one that was let be; nothing is expected here. */
  readonly different: number;
  /** Files that were cut off under their final name; nothing is expected here. */
  readonly torn: number;
}

interface Ended {
  /** Undefined if it was killed. */
  readonly digest: string | undefined;
  readonly began: boolean;
  /** From the first batch to the end, in ms. */
  readonly trainingTime: number;
  /** To the first batch, in ms. */
  readonly startTime: number;
}

/**
 * Runs a training; `killAt` says when it is killed: at the start or after the first batch, so many ms later.
 * @throws {Error} with what it has said, if it ends otherwise than well or by the kill
 */
async function train(
  what: keyof typeof trained,
  folder: string,
  killAt?: { readonly inTraining: boolean; readonly after: number },
): Promise<Ended> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=test", "--no-check", "--quiet", "tests/soak/tiny_training.ts"]
      .concat(JSON.stringify({ what, folder })),
    cwd: projectRoot,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const killLater = (after: number) => {
    timer = setTimeout(() => {
      try {
        child.kill("SIGKILL");
      } catch {
        // it has just ended
      }
    }, after);
  };
  if (killAt && !killAt.inTraining) killLater(killAt.after);
  let text = "", began = 0;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (!began && text.includes("training")) {
      began = performance.now();
      if (killAt?.inTraining) killLater(killAt.after);
    }
  }
  const { success, signal } = await child.status;
  clearTimeout(timer);
  const end = performance.now();
  const digest = success ? /^[0-9a-f]{64}$/m.exec(text)?.[0] : undefined;
  if (digest === undefined && !(killAt && signal === "SIGKILL")) {
    throw new Error(`${what}: a training has failed by itself: ${await said}`);
  }
  return {
    digest,
    began: began > 0,
    trainingTime: end - (began || end),
    startTime: (began || end) - start,
  };
}

/** @returns how many files under a final name cannot be read */
async function countTorn(folder: string): Promise<number> {
  let torn = 0;
  for await (const { name } of Deno.readDir(join(folder, "runs"))) {
    if (name.endsWith(".part")) continue;
    const path = join(folder, "runs", name);
    try {
      decodeSafetensors(await Deno.readFile(path), path);
    } catch {
      torn++;
    }
  }
  return torn;
}

/** Minutes after which no further kill begins; the table then says how many there were. */
const MINUTES = Number(Deno.env.get("LENET_SOAK_MINUTES") ?? Infinity);

/** Kills the training of one system that many times. */
export async function killTrainings(
  what: keyof typeof trained,
  wanted: number,
  seed: number,
): Promise<KillOutcome> {
  const rng = new Rng(seed);
  const base = await Deno.makeTempDir();
  const end = performance.now() + 60_000 * MINUTES;
  try {
    const whole = await train(what, join(base, "whole"));
    const outcome = { kills: 0, inTraining: 0, ended: 0, different: 0, torn: 0 };
    const isEnough = () => outcome.kills >= wanted || performance.now() > end;
    for (let round = 0; !isEnough(); round++) {
      const folder = join(base, String(round));
      for (let killsHere = 0;; killsHere++) {
        // some kills hit the start of the process
        const inTraining = rng.uniform() < 0.85;
        const last = isEnough();
        const span = inTraining ? 0.7 * whole.trainingTime : whole.startTime;
        const after = rng.uniform(0, span);
        const { digest, began } = await train(
          what,
          folder,
          last ? undefined : { inTraining, after },
        );
        if (digest) {
          // one that ended before its first kill shows nothing
          if (killsHere > 0) outcome.ended++;
          if (digest !== whole.digest) outcome.different++;
          break;
        }
        outcome.kills++;
        if (began) outcome.inTraining++;
        await Deno.mkdir(join(folder, "runs"), { recursive: true });
        outcome.torn += await countTorn(folder);
      }
    }
    return outcome;
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}
