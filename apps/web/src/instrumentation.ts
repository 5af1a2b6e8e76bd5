/** Says at the start, and not to the first visitor, which setting is missing or cannot work. */
export async function register(): Promise<void> {
  const { checkEnvironment } = await import("./server/check-environment");
  checkEnvironment();
}
