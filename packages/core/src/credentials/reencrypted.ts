/** What a rotation has found. What expired or was written anew meanwhile counts as current. */
export interface Reencrypted {
  /** Sealed by the first key, now or before. */
  current: number;
  /** Sealed by a key that is no longer in the ring, or damaged: left as they are. */
  unreadable: number;
}
