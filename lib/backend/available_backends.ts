import { type BackendName, backendNames } from "./backend_names.ts";

/** A backend that can be opened, or why it cannot. */
export interface BackendState {
  /** Its name. */
  readonly name: BackendName;
  /** What it runs on, as in "kernels (narrow, 2 threads)"; undefined if it is not there. */
  readonly runsOn: string | undefined;
  /** Why it is not there, in one line; undefined if it is. */
  readonly missing: string | undefined;
}

/** Opens every backend of torch and keras that can be opened, and tells of the others why not. */
export async function availableBackends(): Promise<BackendState[]> {
  const { openBackend } = await import("./choose_backend.ts");
  const states: BackendState[] = [];
  for (const name of backendNames) {
    try {
      states.push({ name, runsOn: (await openBackend(name)).runsOn, missing: undefined });
    } catch (error) {
      const [missing] = (error as Error).message.trim().split("\n");
      states.push({ name, runsOn: undefined, missing });
    }
  }
  return states;
}
