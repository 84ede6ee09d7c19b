/** Runs `work` with some environment variables changed, and puts them back. */
export async function withEnvironment<T>(
  changes: Readonly<Record<string, string | undefined>>,
  work: () => T | Promise<T>,
): Promise<T> {
  const set = (values: Readonly<Record<string, string | undefined>>) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  };
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, Deno.env.get(name)]));
  set(changes);
  try {
    return await work();
  } finally {
    set(before);
  }
}
