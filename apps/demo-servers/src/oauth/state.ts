import { randomBytes } from "node:crypto";
import { DelayedAction } from "./delayed-action.js";
import type { Entries } from "./memory-adapter.js";
import { Notebooks } from "./notes.js";
import type { SavedState } from "./saved-state.js";
import { generateSigningKey, type SigningKey } from "./signing-key.js";
import { StateFile } from "./state-file.js";

/** The time (ms) before a change is saved: `kill -9` can lose this much. */
const SAVE_DELAY_MS = 100;

/** The models that are saved. A used refresh token is kept until it expires, so that reusing it is noticed. */
const SAVED_MODELS: ReadonlySet<string> = new Set(["Client", "Grant", "RefreshToken"]);

/** The state that the server keeps between requests and, with a file, between starts. */
export interface OauthState {
  readonly signingKey: SigningKey;
  /** Signs the cookies of a sign-in. */
  readonly cookieKey: string;
  /** What oidc-provider stores. */
  readonly entries: Entries;
  /** To be called after the entries of a model have changed. */
  readonly entriesChanged: (model: string) => void;
  readonly notebooks: Notebooks;
  /** Saves pending changes. Nothing is saved after that. */
  close(): void;
}

/**
 * Opens the state that was saved for this issuer, or a new one. Each change is saved a moment later.
 *
 * @param path the file; without one nothing is saved
 */
export async function openState(issuer: string, path: string | undefined): Promise<OauthState> {
  const file = path === undefined ? undefined : new StateFile(path);
  const saved = file?.find(issuer);
  const signingKey = saved?.signingKey ?? (await generateSigningKey());
  const cookieKey = saved?.cookieKey ?? randomBytes(32).toString("base64url");
  const entries: Entries = new Map(saved?.entries.map(([model, ofModel]) => [model, new Map(ofModel)]));
  const saving = new DelayedAction(() => file?.save(snapshot()), SAVE_DELAY_MS);
  const notebooks = new Notebooks({ saved: saved?.notes ?? [], changed: () => saving.request() });

  return {
    signingKey,
    cookieKey,
    entries,
    entriesChanged: (model) => {
      if (SAVED_MODELS.has(model)) saving.request();
    },
    notebooks,
    close: () => saving.end(),
  };

  function snapshot(): SavedState {
    return { issuer, signingKey, cookieKey, entries: selectEntries(entries, Date.now()), notes: notebooks.list() };
  }
}

/** The entries to save: those of the saved models that have not expired. */
function selectEntries(entries: Entries, now: number): SavedState["entries"] {
  return [...entries]
    .filter(([model]) => SAVED_MODELS.has(model))
    .map(([model, ofModel]) => [model, [...ofModel].filter(([, { expiresAt }]) => expiresAt > now)]);
}
