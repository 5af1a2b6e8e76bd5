export type { AttemptStatus } from "./authorization/attempt-status.js";
export type { ClientMetadataDocument } from "./authorization/client-metadata.js";
export type { Callback } from "./authorization/finish.js";
export type { PreRegisteredClient } from "./authorization/pre-registered-client.js";
export type { Started, StartInput } from "./authorization/start.js";
export { MCPClient } from "./client/mcp-client.js";
export type { Mcp, OwnSession } from "./create-mcp.js";
export { createMcp } from "./create-mcp.js";
export type { Reencrypted } from "./credentials/reencrypt.js";
export type { EnvironmentOptions } from "./env.js";
export { optionsFromEnvironment } from "./env.js";
export type { AnyMcpSessionError, InvalidStateReason } from "./errors.js";
export {
  AccessDeniedError,
  AuthorizationFailedError,
  AuthorizationRequiredError,
  CancelledError,
  ConfigurationError,
  ConnectTimeoutError,
  HeadersRefusedError,
  IllegalMoveError,
  InterruptedError,
  InvalidStateError,
  invalidStateReasons,
  LimitExceededError,
  NotConnectedError,
  NotMcpError,
  RateLimitedError,
  RequestTimeoutError,
  ScopeRequiredError,
  ServerError,
  ServerUnreachableError,
  ServerUrlForbiddenError,
  ServerUrlInvalidError,
  SessionConflictError,
  SessionNotFoundError,
  SessionUnreadableError,
  StoreUnavailableError,
  ToolNotFoundError,
  UserIdInvalidError,
} from "./errors.js";
export type { StreamedEvent } from "./events/subscribe.js";
export type { Logger, McpObservabilityEvent } from "./logger.js";
export type { Limits, McpOptions } from "./options.js";
export { isLoopbackHost } from "./outbound/address-policy.js";
export type { RedisParts, RedisStorage } from "./redis/connection.js";
export { checkUserId } from "./session/user-id.js";
