/** Says at the start, and not to the first visitor, which setting is missing or cannot work. */
export async function register(): Promise<void> {
  // Next compiles this for a runtime without Node.js, too, which this app does not use.
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { checkEnvironment } = await import("./server/check-environment");
  await checkEnvironment();
}
