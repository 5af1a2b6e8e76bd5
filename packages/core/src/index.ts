export type { AnyMcpSessionError } from "./any-session-error.js";
export type { ClientMetadataDocument } from "./authorization/client/document.js";
export type { PreRegisteredClient } from "./authorization/client/pre-registered-client.js";
export type { AttemptStatus, Callback, Started, StartOptions } from "./authorization/sign-in/sign-in.js";
export { Delivery } from "./budgets/delivery.js";
export type { CallToolOptions } from "./client/call-options.js";
export { callbackOf } from "./client/callback-params.js";
export type { SessionClient } from "./client/session-client.js";
export type { SessionClientOptions } from "./client/session-client-options.js";
export { createMcp } from "./create-mcp.js";
export type { Reencrypted } from "./credentials/reencrypted.js";
export { defaultMcp } from "./default-mcp.js";
export type { SessionIdInput, SessionStore } from "./default-sessions.js";
export { sessionStore } from "./default-sessions.js";
export type { InvalidStateReason } from "./errors.js";
export {
  AccessDeniedError,
  AuthorizationFailedError,
  AuthorizationRequiredError,
  AuthorizationRequiredError as UnauthorizedError,
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
  NotSupportedError,
  RateLimitedError,
  RequestTimeoutError,
  ResourceNotFoundError,
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
export { mapIterator } from "./events/map-iterator.js";
export type { StreamedEvent } from "./events/streamed-event.js";
export { hasHandler, rememberHandler } from "./handlers.js";
export type { Limits } from "./limits.js";
export type { Logger } from "./logger.js";
export type { Mcp, McpUser } from "./mcp.js";
export type { MCPClientOptions } from "./mcp-client.js";
export { MCPClient } from "./mcp-client.js";
export { defaultBasePath } from "./options/base-path.js";
export type { EnvironmentOptions } from "./options/env.js";
export { optionsFromEnvironment } from "./options/env.js";
export type { McpOptions } from "./options/options.js";
export { isLoopbackHost } from "./outbound/address-policy.js";
export type { RedisOAuthClientProviderOptions } from "./sdk-provider/redis-oauth-client-provider.js";
export { RedisOAuthClientProvider } from "./sdk-provider/redis-oauth-client-provider.js";
export type { LogLevel, LogMessage } from "./server/listeners.js";
export type {
  CommitAnswer,
  Comparison,
  Counted,
  DriverSettings,
  ListAnswer,
  LogRow,
  LogRowListener,
  Partition,
  ReadAnswer,
  StorageCommit,
  StorageDriver,
  StorageList,
  StorageRead,
  ValueName,
} from "./session/storage-driver.js";
export type { StorageOption } from "./storage/drivers.js";
export { memory, redis } from "./storage/drivers.js";
export type { RedisConnection, RedisParts } from "./storage/redis/parts.js";
