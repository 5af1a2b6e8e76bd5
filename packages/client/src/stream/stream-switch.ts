import type { Stream } from "./stream-state.js";

/** Opens a stream while a page uses it and wants it open. */
export class StreamSwitch {
  readonly #stream: Stream;
  #holders = 0;
  #isOn = false;
  #close: (() => void) | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Begins to use the stream, and switches it on if `isOn`. The last one who ends its use switches it off. */
  hold(isOn: boolean): () => void {
    this.#holders += 1;
    if (isOn) this.on();
    else if (!this.#isOn) this.off();
    return () => {
      this.#holders -= 1;
      if (this.#holders > 0) return;
      this.#isOn = false;
      this.#update();
    };
  }

  readonly on = (): void => {
    this.#isOn = true;
    this.#update();
  };

  /** Closes the stream, for all who use it. */
  readonly off = (): void => {
    this.#isOn = false;
    this.#update();
    this.#stream.state.set({ status: "offline", error: null });
  };

  #update(): void {
    const isWanted = this.#isOn && this.#holders > 0;
    if (isWanted) {
      this.#close ??= this.#stream.open();
    } else {
      this.#close?.();
      this.#close = undefined;
    }
  }
}
