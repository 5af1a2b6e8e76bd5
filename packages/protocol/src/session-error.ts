import { type ErrorInfo, errorInfoSchema, type McpErrorCode } from "./error-code.js";

const brand = Symbol.for("@mcp-assistant/McpSessionError");

export interface McpSessionErrorOptions<TCode extends McpErrorCode> extends ErrorInfo {
  code: TCode;
  /** What led here. Kept for the operator's debugger; never sent, logged or shown. */
  cause?: unknown;
}

/**
 * The base of every error that mcp-redis raises. `switch (error.code)` narrows; {@link isMcpSessionError} and
 * `instanceof` recognise it across bundles and realms, because two copies of this class carry the same brand.
 */
export class McpSessionError<TCode extends McpErrorCode = McpErrorCode> extends Error {
  /** The one code of a subclass; absent on the base, which stands for all of them. */
  static readonly code: McpErrorCode | undefined = undefined;

  readonly code: TCode;
  readonly hint: string;
  readonly retryable: boolean;
  /** ms after which the same call goes, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(options: McpSessionErrorOptions<TCode>) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.hint = options.hint;
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isMcpSessionError(value) && (this.code === undefined || value.code === this.code);
  }

  /** The part that may leave the server. */
  toJSON(): ErrorInfo {
    const { code, message, hint, retryable, retryAfter } = this;
    return { code, message, hint, retryable, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
}

/** Whether a value is one of our errors, whichever bundle made it. */
export function isMcpSessionError(value: unknown): value is McpSessionError {
  return typeof value === "object" && value !== null && brand in value;
}

/** Our error's wire part from what a tRPC or HTTP answer carries, if it carries one. */
export function parseErrorInfo(value: unknown): ErrorInfo | undefined {
  const parsed = errorInfoSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
