import "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** The colour scheme and width (CSS pixels) of pages: one in `pnpm test`, a second one in `pnpm test:full`. */
    looks: readonly { colorScheme: "light" | "dark"; width: number }[];
    /** Where the run's Chromium listens for Playwright. */
    browserEndpoint: string;
    /**
     * What `pnpm start` starts, as it is by default, in memory: for all files that change nothing about it. Each page is a
     * guest of its own.
     */
    app: { url: string; ports: { web: number; oauth: number; authorizationServer: number; modern: number } };
  }
}
