import type * as errors from "./errors.js";

type Exported = (typeof errors)[keyof typeof errors];

/** Every error that mcp-redis throws. `switch (error.code)` tells them apart. */
export type AnyMcpSessionError = InstanceType<Extract<Exported, new (...args: never[]) => Error>>;
