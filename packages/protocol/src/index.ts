export type { Completion, CompletionReference } from "./completion.js";
export { completionReferenceSchema, completionSchema, maxCompletionValues } from "./completion.js";
export type { Connection, Era, TransportType } from "./connection.js";
export { connectionSchema, eraSchema, needsSignIn, transportTypeSchema } from "./connection.js";
export type { LoggedEvent, McpConnectionEvent } from "./connection-event.js";
export { connectionEventSchema, loggedEventSchema } from "./connection-event.js";
export type { McpConnectionState, TransitionalState } from "./connection-state.js";
export { canMove, connectionStateSchema, isConnected, isTransitional } from "./connection-state.js";
export type { CatalogueEntry } from "./error-catalogue.js";
export { errorCatalogue } from "./error-catalogue.js";
export type { ErrorInfo, McpErrorCode } from "./error-code.js";
export { errorInfoSchema, errorStatuses, mcpErrorCodeSchema, statusOf } from "./error-code.js";
export type { EventId } from "./event-id.js";
export { beginning, compareEventIds, isEventId } from "./event-id.js";
export type { CompletionInput, ConnectInput, ConnectResult, ReconnectInput } from "./inputs.js";
export {
  callToolInputSchema,
  completeInputSchema,
  connectInputSchema,
  connectResultSchema,
  followResourceInputSchema,
  getPromptInputSchema,
  readResourceInputSchema,
  reconnectInputSchema,
  sessionInputSchema,
  subscribeInputSchema,
} from "./inputs.js";
export { invalidInput } from "./invalid-input.js";
export { maxTtlMs } from "./listed.js";
export type { OAuthClientInformation, OAuthTokens } from "./oauth.js";
export type { McpObservabilityEvent } from "./observability-event.js";
export { parseUrl } from "./parse-url.js";
export type { ListedPrompts, PromptInfo, PromptResult } from "./prompt.js";
export { listedPromptsSchema, promptInfoSchema, promptResultSchema } from "./prompt.js";
export type {
  ListedResources,
  ListedResourceTemplates,
  ReadResourceResult,
  ResourceContents,
  ResourceInfo,
  ResourceTemplateInfo,
} from "./resource.js";
export {
  contentsOfServer,
  listedResourcesSchema,
  listedResourceTemplatesSchema,
  maxUriLength,
  readResourceResultSchema,
  resourceContentsSchema,
  resourceInfoSchema,
  resourceTemplateInfoSchema,
  resourceUriSchema,
  uriTemplateSchema,
} from "./resource.js";
export type { McpRpcMethod, McpRpcRequest, McpRpcResponse, McpRpcResult } from "./rpc.js";
export { rpcRequestSchema, rpcResponseSchema, rpcResultSchemas } from "./rpc.js";
export { sanitizeServerId, serverIdSchema } from "./server-id.js";
export type { ServerUrlProblem } from "./server-url.js";
export { serverUrlProblem } from "./server-url.js";
export type { McpSessionErrorOptions } from "./session-error.js";
export { isMcpSessionError, McpSessionError, parseErrorInfo } from "./session-error.js";
export { toConnectionEvent } from "./to-connection-event.js";
export type { Icon, ToolInfo } from "./tool.js";
export { toolInfoSchema } from "./tool.js";
export type { ContentBlock, ToolResult } from "./tool-result.js";
export { blockOfServer, contentBlockSchema, toolResultSchema } from "./tool-result.js";
