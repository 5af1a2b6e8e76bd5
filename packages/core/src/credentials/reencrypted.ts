/** The result of a key rotation. Values that expired or were written again meanwhile count as current. */
export interface Reencrypted {
  /** Sealed with the first key, now or before. */
  current: number;
  /** Sealed with a key that is no longer in the ring, or damaged. They are left as they are. */
  unreadable: number;
}
