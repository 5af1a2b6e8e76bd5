import type { ClientDeps } from "../client/client-deps.js";
import type { SessionOfUser } from "../client/ready.js";

/** What the parts of a provider share. */
export interface ProviderDeps {
  /** The app's, opened at the first use. Throws what opening them throws. */
  readonly parts: ClientDeps;
  readonly session: SessionOfUser;
}
