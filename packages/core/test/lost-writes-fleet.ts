import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";

export interface FleetSizes {
  /** Updates to be acknowledged. */
  updates: number;
  writers: number;
  /** Updates that a writer does at the same time. */
  inFlight: number;
}

export interface OwnSession {
  userId: string;
  sessionId: string;
}

const program = fileURLToPath(new URL("./lost-writes-worker.mjs", import.meta.url));

/** Bytes of an acknowledgement: the writer, its life, its count, the line end. */
const acknowledgementLength = "w00l00n".length + 8 + 1;
const twoDigits = (value: number) => String(value).padStart(2, "0");

const filesOf = (folder: string, writer: number) => ({
  intentsFile: join(folder, `${writer}.intents`),
  acknowledgedFile: join(folder, `${writer}.acknowledged`),
});

/** The writers. One that is killed is replaced by another that does the rest of its work. */
export class WriterFleet {
  readonly #sizes: FleetSizes;
  readonly #url: string;
  readonly #folder: string;
  readonly #running = new Map<number, StartedProcess>();
  #lives: Promise<void>[] = [];
  #ended = 0;
  #failure: Error | undefined;

  constructor(sizes: FleetSizes, url: string, folder: string) {
    this.#sizes = sizes;
    this.#url = url;
    this.#folder = folder;
  }

  start(sessions: OwnSession[]): void {
    this.#lives = Array.from({ length: this.#sizes.writers }, async (_, writer) => {
      await this.#live(writer, sessions).catch((error: Error) => {
        this.#failure ??= error;
      });
      this.#ended += 1;
    });
  }

  ended(): boolean {
    if (this.#failure) throw this.#failure;
    return this.#ended === this.#sizes.writers;
  }

  acknowledged(): number {
    return this.#lives.reduce((sum, _, writer) => sum + this.#acknowledgedBy(writer), 0);
  }

  /** False when none is running at this moment. */
  async killOne(choice: number): Promise<boolean> {
    const running = [...this.#running.values()];
    const victim = running[Math.floor(choice * running.length)];
    await victim?.kill9();
    return victim !== undefined;
  }

  async stop(): Promise<void> {
    this.#failure ??= new Error("The scenario is over");
    for (const process of this.#running.values()) await process.kill9();
    await Promise.all(this.#lives);
  }

  async #live(writer: number, sessions: OwnSession[]): Promise<void> {
    for (let life = 0; !this.#failure; life++) {
      const quota = Math.ceil(this.#sizes.updates / this.#sizes.writers) - this.#acknowledgedBy(writer);
      if (quota <= 0) return;
      const task = {
        url: this.#url,
        prefix: `w${twoDigits(writer)}l${twoDigits(life)}n`,
        quota,
        inFlight: this.#sizes.inFlight,
        sessions,
        ...filesOf(this.#folder, writer),
      };
      const process = await startProcess({
        command: globalThis.process.execPath,
        args: [program, JSON.stringify(task)],
      });
      this.#running.set(writer, process);
      const code = await process.exited;
      this.#running.delete(writer);
      if (code !== 0 && code !== 137) throw new Error(`A writer ended with ${code}:\n${process.output()}`);
    }
  }

  #acknowledgedBy(writer: number): number {
    const file = statSync(filesOf(this.#folder, writer).acknowledgedFile, { throwIfNoEntry: false });
    return Math.floor((file?.size ?? 0) / acknowledgementLength);
  }
}

export interface Written {
  acknowledged: string[];
  /** The token that each token was meant to replace. */
  replaces: Map<string, string>;
}

/** What all writers wrote down, including those that were killed. */
export function readWritten(folder: string, writers: number): Written {
  const written: Written = { acknowledged: [], replaces: new Map() };
  for (let writer = 0; writer < writers; writer++) {
    const { intentsFile, acknowledgedFile } = filesOf(folder, writer);
    for (const token of lines(acknowledgedFile)) written.acknowledged.push(token);
    for (const line of lines(intentsFile)) {
      const [token = "", replaced = ""] = line.split(" ");
      written.replaces.set(token, replaced);
    }
  }
  return written;
}

const lines = (file: string) => readFileSync(file, "utf8").split("\n").filter(Boolean);
