import { config } from "zod";

// The page's policy allows no eval, and zod would try whether it does.
config({ jitless: true });

declare global {
  var __webpack_nonce__: string | undefined;
}

// What keeps the page from scrolling behind a dialog is a style of its own, which takes its nonce from this name.
globalThis.__webpack_nonce__ = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
