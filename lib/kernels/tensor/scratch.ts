import type { Address } from "./tensor_operations.ts";

/** Where an operation gets the memory from that it needs while it runs. */
export interface Scratch {
  /** Room for `bytes` bytes at a multiple of 64. @throws RangeError if there is none */
  take(bytes: number): Address;
  /** What `take` gave is not needed any more. */
  give(at: Address): void;
}

/** A stretch of memory that is handed out from its start and given back all at once. */
export class ScratchStretch implements Scratch {
  #next: Address;
  #taken = 0;

  /** @param start multiple of 64 */
  constructor(readonly start: Address, readonly end: Address) {
    this.#next = start;
  }

  take(bytes: number): Address {
    const at = this.#next;
    const next = at + Math.ceil(bytes / 64) * 64;
    if (next > this.end) {
      throw new RangeError(
        `an operation needs ${bytes} bytes of scratch memory and ${this.end - at} are left: ` +
          "ask for more scratchBytes",
      );
    }
    this.#next = next;
    this.#taken++;
    return at;
  }

  give(): void {
    if (--this.#taken === 0) this.#next = this.start;
  }
}
