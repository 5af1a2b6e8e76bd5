/**
 * Loads oidc-provider without its warning about the runtime. On import it prints that Node 20 is older than the
 * versions it is tested on. Our tests cover the whole flow on Node 20, and someone who starts a demo cannot act on the
 * warning.
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
