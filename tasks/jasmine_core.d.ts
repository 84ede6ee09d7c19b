/** The part of jasmine-core that the spec runner calls. */
export interface Spec {
  readonly fullName: string;
  readonly status: "passed" | "failed" | "pending" | "excluded" | "disabled";
  readonly failedExpectations: readonly { readonly message: string; readonly stack?: string }[];
}
export interface Environment {
  configure(options: {
    readonly random?: boolean;
    readonly failFast?: boolean;
    readonly specFilter?: (spec: { getFullName(): string }) => boolean;
  }): void;
  addReporter(reporter: {
    specDone?(spec: Spec): void;
    suiteDone?(suite: Spec): void;
    jasmineDone?(): void;
  }): void;
  execute(): void;
}
interface Jasmine {
  getEnv(): Environment;
  DEFAULT_TIMEOUT_INTERVAL: number;
}
declare const jasmineRequire: {
  core(required: typeof jasmineRequire): Jasmine;
  interface(jasmine: Jasmine, environment: Environment): Readonly<Record<string, unknown>>;
};
export default jasmineRequire;
