const pageBytes = 16_384;

/**
 * Collects bytes in pages. A list of small chunks takes many times their size; a growing buffer is copied often. A
 * single chunk is used as it is, without a copy.
 */
export class Gathered {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #page: Uint8Array<ArrayBuffer> = new Uint8Array();
  #used = 0;
  length = 0;

  add(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.length === 0) this.#page = chunk;
    else {
      if (this.#used + chunk.length > this.#page.length) this.#startPage(Math.max(chunk.length, pageBytes));
      this.#page.set(chunk, this.#used);
    }
    this.#used += chunk.length;
    this.length += chunk.length;
  }

  #startPage(bytes: number): void {
    this.#full.push(this.#written);
    this.#page = Buffer.allocUnsafeSlow(bytes);
    this.#used = 0;
  }

  get #written(): Uint8Array<ArrayBuffer> {
    return this.#page.subarray(0, this.#used);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#full.length === 0 ? this.#written : Buffer.concat([...this.#full, this.#written]);
  }
}
