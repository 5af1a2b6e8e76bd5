/** How long (ms) a reader may take nothing before the connection is cut. */
export const maxStallMs = 60_000;
