/**
 * Loads oidc-provider without its word on the runtime: it warns on the console, at import, that Node 20 is older than
 * what it is tested on. The whole flow is tested here on Node 20, and a person who starts a demo cannot act on it.
 */
export async function loadOidcProvider() {
  const { warn } = console;
  console.warn = (...message: unknown[]) => {
    if (!String(message[0]).includes("Unsupported runtime")) warn(...message);
  };
  try {
    return await import("oidc-provider");
  } finally {
    console.warn = warn;
  }
}
