export type { ClientMetadataDocument } from "./authorization/client/document.js";
export type { PreRegisteredClient } from "./authorization/client/pre-registered.js";
export type { Callback } from "./authorization/sign-in/finish.js";
export type { Started, StartInput } from "./authorization/sign-in/start.js";
export type { AttemptStatus } from "./authorization/sign-in/status.js";
export { MCPClient } from "./client/mcp-client.js";
export type { Mcp, OwnSession } from "./create-mcp.js";
export { createMcp } from "./create-mcp.js";
export type { Reencrypted } from "./credentials/reencrypt.js";
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
export type { Limits } from "./limits.js";
export type { Logger, McpObservabilityEvent } from "./logger.js";
export type { EnvironmentOptions } from "./options/env.js";
export { optionsFromEnvironment } from "./options/env.js";
export type { McpOptions } from "./options/options.js";
export { isLoopbackHost } from "./outbound/address-policy.js";
export { checkUserId } from "./session/user-id.js";
export type { RedisParts, RedisStorage } from "./storage/redis/connection.js";
