/** What a page can show of a connection, by the last segment of its path. */
export const connectionViews = { tools: "Tools", resources: "Resources", prompts: "Prompts" } as const;

export type ConnectionViewName = keyof typeof connectionViews;

export const isConnectionView = (segment: string | null): segment is ConnectionViewName =>
  segment !== null && Object.hasOwn(connectionViews, segment);

export const viewPath = (sessionId: string, view: ConnectionViewName) =>
  `/connections/${encodeURIComponent(sessionId)}/${view}`;
