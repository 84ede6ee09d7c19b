/** The part of tfjs-core's spec helpers that the spec runner calls. */
export function setTestEnvs(
  envs: readonly {
    readonly name: string;
    readonly backendName: string;
    readonly flags?: Readonly<Record<string, unknown>>;
    readonly isDataSync?: boolean;
  }[],
): void;
