/**
 * Bounds what tasks running side by side use of something, memory say: they run at the same time as
 * long as they have together no more than the budget. A larger task runs alone.
 */
export class Budget {
  #used = 0;
  readonly #waiting: { readonly amount: number; readonly start: () => void }[] = [];

  /** @param total in the unit of the tasks' amounts */
  constructor(readonly total: number) {}

  /** Runs a task as soon as its amount fits; tasks start in the order in which they came. */
  async run<T>(amount: number, task: () => Promise<T> | T): Promise<T> {
    if (this.hasRoom(amount)) this.#used += amount;
    else await new Promise<void>((start) => this.#waiting.push({ amount, start }));
    try {
      return await task();
    } finally {
      this.#used -= amount;
      while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.amount)) {
        const next = this.#waiting.shift()!;
        this.#used += next.amount;
        next.start();
      }
    }
  }

  /** Whether a task of this amount would not have to wait. */
  hasRoom(amount: number): boolean {
    return this.#waiting.length === 0 && this.#fits(amount);
  }

  #fits(amount: number): boolean {
    return this.#used === 0 || this.#used + amount <= this.total;
  }
}
