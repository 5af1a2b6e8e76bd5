import "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** A Redis for the whole run, shared by all test files. Use separate user ids and prefixes. */
    redisUrl: string;
  }
}
