/** Reports a missing or invalid setting at startup instead of to the first visitor. */
export async function register(): Promise<void> {
  // Next also compiles this for a runtime without Node.js, which this app does not use.
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { checkEnvironment } = await import("./server/check-environment");
  await checkEnvironment();
}
