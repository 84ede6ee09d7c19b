import type { SystemName } from "../../systems/system.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paperShare } from "../paper_shares.ts";

/** What each row of a Table II begins with: what is measured on which images, and the paper's number. */
export function table2Row(system: SystemName, split: "val" | "test", metric: "top1" | "top5") {
  return {
    system: systemTitles[system],
    split: split === "val" ? "validation" : "test",
    metric: metric === "top1" ? "top-1" : "top-5",
    paper: paperShare(system, split, metric),
  };
}
