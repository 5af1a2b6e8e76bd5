import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { type SavedState, savedStateSchema } from "./saved-state.js";

const VERSION = 1;
/**
 * The maximum number of states. Servers on ports that the system chose leave states behind that are never used again.
 */
const MAX_STATES = 20;

const fileSchema = z.object({ version: z.literal(VERSION), states: z.array(savedStateSchema) });

/**
 * A JSON file with one state per issuer, the most recently saved last. Servers on different ports can share it.
 *
 * It is read and written synchronously, so that nothing happens in between. Nothing here throws: a demo continues
 * without its file and says so on stderr.
 */
export class StateFile {
  readonly #path: string;
  #hasFailed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The state saved for this issuer, if there is a readable one. */
  find(issuer: string): SavedState | undefined {
    return this.#attempt(() => this.#read().find((state) => state.issuer === issuer));
  }

  save(state: SavedState): void {
    this.#attempt(() => {
      const others = this.#read().filter(({ issuer }) => issuer !== state.issuer);
      this.#write([...others, state].slice(-MAX_STATES));
    });
  }

  #read(): SavedState[] {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.#path, "utf8"))).states;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return [];
      if (code === "EISDIR") throw error;
      this.#setAside(code ?? "it is broken or from another version");
      return [];
    }
  }

  /**
   * Replaces the file atomically, so that no reader sees a partial one. A missing folder is created for the owner only.
   */
  #write(states: SavedState[]): void {
    const draft = `${this.#path}.${process.pid}.tmp`;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(draft, JSON.stringify({ version: VERSION, states } satisfies z.infer<typeof fileSchema>), {
        mode: 0o600,
      });
      renameSync(draft, this.#path);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  #setAside(reason: string): void {
    const aside = `${this.#path}.unreadable-${Date.now()}`;
    renameSync(this.#path, aside);
    console.error(`The state in ${this.#path} cannot be read (${reason}). It was renamed to ${aside}.`);
  }

  /** Reports only the first failure: later saves would most likely fail for the same reason. */
  #attempt<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      if (!this.#hasFailed) console.error(`The state cannot be saved in ${this.#path}: ${codeOf(error) ?? error}.`);
      this.#hasFailed = true;
      return undefined;
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
