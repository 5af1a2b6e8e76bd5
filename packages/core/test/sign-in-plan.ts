import { setTimeout as pause } from "node:timers/promises";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import type { SeededRandom } from "@mcp-assistant/testing/seeded-random";
import type { BookkeepingServer } from "@mcp-assistant/testing/servers";
import { type BroughtCallback, finish } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { type OwnSession, someUser } from "../src/samples.fixture.js";
import { callbackAt, type Vault } from "./bookkeeping.js";

/** How long (s) an attempt lasts in the plans in which attempts expire. */
export const shortLife = 1;

interface Attempt {
  attemptId: string;
  flow: string | undefined;
  callback: BroughtCallback;
  code: string | null;
  onConnected: boolean;
}

export interface PlanOptions {
  server: BookkeepingServer;
  vault: Vault;
  apps: readonly Mcp[];
  random: SeededRandom;
  expires: boolean;
}

/** One random order of things that happen to one session. */
export class Plan {
  readonly story: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly #options: PlanOptions;
  readonly #open: Attempt[] = [];
  readonly #winners: Attempt[] = [];
  readonly #losers: Attempt[] = [];
  readonly #complaints: string[] = [];
  #session: OwnSession = { userId: "", sessionId: "" };
  #removed = false;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** Returns what went wrong. */
  async play(): Promise<string[]> {
    const { random, server } = this.#options;
    const userId = someUser();
    this.#session = { userId, ...(await this.#mcp().forUser(userId).connect({ serverUrl: server.url })) };
    const attempts = 2 + random.below(4);
    for (let left = attempts; left > 0; left--) {
      await this.#start();
      for (let count = random.below(3); count > 0; count--) await this.#something();
    }
    while (this.#open.length > 0) await this.#something();
    await this.#check();
    return this.#complaints;
  }

  #mcp(): Mcp {
    return this.#options.random.pick(this.#options.apps);
  }

  #count(what: string): void {
    this.story.push(what);
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async #something(): Promise<void> {
    const { random } = this.#options;
    const chosen = random.below(20);
    if (chosen < 11) await this.#return([this.#takeOne()]);
    else if (chosen < 15) await this.#return([this.#takeOne(), this.#takeOne()]);
    else await this.#interfere(random.pick(["disconnect", "signOut", "remove", "reconnect", "expire"] as const));
  }

  #takeOne(): Attempt | undefined {
    return this.#open.splice(this.#options.random.below(this.#open.length), 1)[0];
  }

  async #start(): Promise<void> {
    const { random, server, vault } = this.#options;
    if (this.#removed) return;
    const started = await this.#mcp()
      .forUser(this.#session.userId)
      .authorization.start(this.#session.sessionId)
      .catch((error: unknown) => this.#codeOf(error));
    if (typeof started === "string" || started.kind !== "redirect") return;
    const { record } = await vault.read(this.#session);
    const declines = random.below(5) === 0;
    const decision = declines ? "deny" : "allow";
    const callback = await callbackAt(server, { userId: this.#session.userId, ...started }, decision);
    const onConnected = record?.state === "CONNECTED";
    this.#open.push({
      attemptId: started.attemptId,
      flow: record?.flow ?? undefined,
      callback,
      code: callback.params.get("code"),
      onConnected,
    });
    this.#count(`start${declines ? " (will decline)" : ""}${onConnected ? " step-up" : ""}`);
  }

  /** Callbacks that arrive at the same moment, at one process or at two. */
  async #return(attempts: (Attempt | undefined)[]): Promise<void> {
    await Promise.all(
      attempts.map(async (attempt) => {
        if (!attempt) return;
        const before = attempt.code === null ? await this.#state() : undefined;
        const result = await finish(this.#mcp(), attempt.callback).then(
          () => "answered",
          (error: unknown) => this.#codeOf(error),
        );
        const status = this.#removed ? "gone" : await this.#statusOf(attempt);
        if (status === "connected") this.#winners.push(attempt);
        else if (attempt.code !== null) this.#losers.push(attempt);
        this.#count(status === "connected" ? "won" : result === "answered" ? status : result);
        if (attempt.onConnected && status === "declined") this.#count("stepUpDeclined");
        if (attempts.length === 1 && status === "declined" && before === "CONNECTED") {
          if ((await this.#state()) !== "CONNECTED") this.#complaints.push("a declined step-up ended the connection");
        }
        // A callback that was refused while its attempt is still open must not have requested tokens.
        const exchanged = attempt.code !== null && this.#options.server.books.exchangesOf(attempt.code) > 0;
        if (status === "open" && exchanged) this.#complaints.push("a refused callback made a token request");
      }),
    );
  }

  async #statusOf({ attemptId }: Attempt): Promise<string> {
    const { userId } = this.#session;
    return this.#mcp()
      .forUser(userId)
      .authorization.status(attemptId)
      .then(
        ({ status }) => status,
        () => "unknown",
      );
  }

  async #state(): Promise<string> {
    return (await this.#options.vault.read(this.#session)).record?.state ?? "none";
  }

  async #interfere(how: "disconnect" | "signOut" | "remove" | "reconnect" | "expire"): Promise<void> {
    if (how === "expire") {
      if (!this.#options.expires) return;
      await pause(shortLife * 1_000 + 100);
    } else if (how === "remove" && this.#options.random.below(3) > 0) {
      return;
    } else {
      const { userId, sessionId } = this.#session;
      await this.#mcp()
        .forUser(userId)
        [how](sessionId)
        .catch((error: unknown) => this.#codeOf(error));
      this.#removed ||= how === "remove";
    }
    this.#count(how);
    if (how === "signOut" || how === "remove") await this.#checkNothingLeft(how);
  }

  /** The code of one of our errors, or its reason for refusing a callback. */
  #codeOf(error: unknown): string {
    if (!isMcpSessionError(error)) throw error;
    return "reason" in error && typeof error.reason === "string" ? error.reason : error.code;
  }

  async #checkNothingLeft(how: string): Promise<void> {
    const { credentials } = await this.#options.vault.read(this.#session);
    if (credentials) this.#complaints.push(`credentials are left after ${how}`);
    const last = this.#winners.at(-1);
    if (last?.code && this.#options.server.books.stands(last.code)) this.#complaints.push(`tokens stand after ${how}`);
  }

  /** Checks what is left at the end: the newest winner's tokens, or nothing. */
  async #check(): Promise<void> {
    const { books } = this.#options.server;
    const flows = this.#winners.map(({ flow }) => flow);
    if (new Set(flows).size !== flows.length) this.#complaints.push("two sign-ins of one flow won");
    for (const { code } of this.#losers) {
      if (code && books.stands(code)) this.#complaints.push("tokens of a sign-in that lost were not revoked");
    }
    const { credentials, refreshToken, record } = await this.#options.vault.read(this.#session);
    if (credentials && !this.#winners.some(({ flow }) => flow === credentials.flow)) {
      this.#complaints.push("the credentials are of a sign-in that did not win");
    }
    if (refreshToken && !books.accepts(refreshToken)) this.#complaints.push("the stored refresh token is not valid");
    if (record?.state === "CONNECTED" && !credentials) this.#complaints.push("CONNECTED without credentials");
    if (this.#removed && (record || credentials)) {
      this.#complaints.push("something is left of a removed session");
    }
  }
}
