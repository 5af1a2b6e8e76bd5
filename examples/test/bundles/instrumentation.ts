export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs" || !process.env.LISTEN) return;
  const { listen } = await import("./listen");
  await listen();
}
