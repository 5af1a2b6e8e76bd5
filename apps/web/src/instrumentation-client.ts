import { config } from "zod";

// The page's Content-Security-Policy forbids eval, and zod would test whether eval works.
config({ jitless: true });

declare global {
  var __webpack_nonce__: string | undefined;
}

// An injected style keeps the page from scrolling behind a dialog. It takes its nonce from this name.
globalThis.__webpack_nonce__ = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
