import { type ErrorInfo, errorInfoSchema, type McpErrorCode } from "./error-code.js";

const brand = Symbol.for("@mcp-assistant/McpSessionError");

export interface McpSessionErrorOptions<TCode extends McpErrorCode> extends ErrorInfo {
  code: TCode;
  /** The underlying error. Kept for debugging; never sent, logged or shown. */
  cause?: unknown;
}

/**
 * The base class of every error that mcp-redis throws. `switch (error.code)` narrows its type. {@link
 * isMcpSessionError} and `instanceof` recognise it across bundles and realms, because all copies of this class carry
 * the same brand.
 */
export class McpSessionError<TCode extends McpErrorCode = McpErrorCode> extends Error {
  /** The code of a subclass. Undefined on the base class, which covers all codes. */
  static readonly code: McpErrorCode | undefined = undefined;

  readonly code: TCode;
  readonly hint: string;
  /** What the people who run or build the app can do, if there is something. */
  readonly operatorHint: string | undefined;
  readonly retryable: boolean;
  /** ms after which the same call may succeed, if known. */
  readonly retryAfter: number | undefined;
  /** Our own sign-in page for the connection, if a sign-in is what it needs. */
  readonly authUrl: string | undefined;

  constructor(options: McpSessionErrorOptions<TCode>) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.hint = options.hint;
    this.operatorHint = options.operatorHint;
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
    this.authUrl = options.authUrl;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isMcpSessionError(value) && (this.code === undefined || value.code === this.code);
  }

  /** The part that may leave the server. */
  toJSON(): ErrorInfo {
    const { code, message, hint, operatorHint, retryable, retryAfter, authUrl } = this;
    return {
      code,
      message,
      hint,
      ...(operatorHint === undefined ? {} : { operatorHint }),
      retryable,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(authUrl === undefined ? {} : { authUrl }),
    };
  }
}

/** Whether a value is one of our errors, from any bundle. */
export function isMcpSessionError(value: unknown): value is McpSessionError {
  return typeof value === "object" && value !== null && brand in value;
}

/** Reads one of our errors from the data of a tRPC or HTTP answer. Undefined if it holds none. */
export function parseErrorInfo(value: unknown): ErrorInfo | undefined {
  const parsed = errorInfoSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
