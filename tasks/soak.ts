/**
 * `deno task test:soak [names of attacks]`: the long attacks on everything that must not be lost, pass in
 * silence or get in. It leaves a table of what was tried, how often and with which outcome. With names only
 * those attacks are run, and the other lines of the table stay as they were.
 */
import { exists } from "../lib/util/files.ts";
import { Table, type TableOptions } from "../lib/report/table.ts";
import { type Attacked, attacks, soakTable } from "../tests/soak/attacks.ts";
import { readWords } from "./arguments.ts";
import { main, SetupError, step } from "./run.ts";

type Row = TableOptions["rows"][number];

async function soak(): Promise<number> {
  const names = Object.keys(attacks);
  // some names hold a comma
  const usage = `the names of attacks, none for all: ${names.map((name) => `"${name}"`).join(" ")}`;
  const { words: asked } = readWords("test:soak", Deno.args, {}, usage);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new SetupError(`there is no attack ${unknown.join(", ")}; test:soak takes ${usage}`);
  }
  const kept: readonly Row[] = await exists(`${soakTable}.json`)
    ? (JSON.parse(await Deno.readTextFile(`${soakTable}.json`)) as TableOptions).rows
    : [];
  const byAttack = new Map<unknown, Row[]>();
  for (const row of kept) byAttack.set(row.attack, [...byAttack.get(row.attack) ?? [], row]);
  let sound = true;
  for (const name of asked.length > 0 ? asked : names) {
    // an attack that fails is a finding, and the others are made nevertheless
    const lines = await step(name, () => attacks[name]!()).catch((error): Attacked[] => {
      console.error(error);
      const [outcome] = `it ended with an error: ${(error as Error).message}`.split("\n");
      return [{ kind: name, count: 0, outcome: outcome!, isSound: false }];
    });
    const date = new Date().toISOString().slice(0, 10);
    byAttack.set(
      name,
      lines.map(({ kind, count, outcome, isSound }) => ({
        attack: name,
        kind,
        count,
        outcome,
        date,
        sound: isSound,
      })),
    );
    sound &&= lines.every(({ isSound }) => isSound);
    for (const { kind, count, outcome, isSound } of lines) {
      console.error(`  ${isSound ? "sound" : "NOT SOUND"}: ${count} × ${kind}: ${outcome}`);
    }
    // kept line by line, since the whole takes long
    await new Table({
      title: "What was attacked",
      columns: [
        { key: "attack", label: "attack" },
        { key: "kind", label: "kind" },
        { key: "count", label: "count" },
        { key: "outcome", label: "outcome" },
        { key: "sound", label: "as it should be" },
        { key: "date", label: "date" },
      ],
      rows: names.flatMap((name) => byAttack.get(name) ?? []),
      notes: ["Made by deno task test:soak."],
    }).save(soakTable);
  }
  return sound ? 0 : 1;
}

if (import.meta.main) await main(soak);
