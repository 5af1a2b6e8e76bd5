import { get, type IncomingMessage } from "node:http";
import { eventually } from "@mcp-assistant/testing/eventually";

/** One event of the stream as received over the wire. */
export interface Frame {
  event?: string;
  id?: string;
  data?: unknown;
}

/** An event stream over its own socket, byte by byte, without a client in between that could hide anything. */
export interface RawStream {
  response: IncomingMessage;
  text: () => string;
  frames: () => Frame[];
  /** Waits for a frame that the condition accepts. */
  until: (accepts: (frame: Frame) => boolean, timeout?: number) => Promise<Frame>;
  /** Starts reading, if `reads` was false. */
  read: () => void;
  hangUp: () => void;
  ended: Promise<void>;
}

export interface RawOptions {
  headers?: Record<string, string>;
  /** Whether to start reading immediately. Default: true. */
  reads?: boolean;
}

export function subscribeUrl(url: string, input?: unknown): string {
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  return `${url}/mcp.events.subscribe${query}`;
}

/** The stream of the procedure `subscribe`. */
export const openRaw = (url: string, { input, ...options }: RawOptions & { input?: unknown } = {}) =>
  openStream(subscribeUrl(url, input), options);

export async function openStream(url: string, { headers = {}, reads = true }: RawOptions = {}): Promise<RawStream> {
  const request = get(url, { agent: false, headers: { accept: "text/event-stream", ...headers } });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  let text = "";
  const read = () => {
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
  };
  if (reads) read();
  const frames = () => parseFrames(text);
  return {
    response,
    text: () => text,
    frames,
    until: (accepts, timeout = 10_000) => eventually(() => frames().find(accepts), { timeout }),
    read,
    hangUp: () => request.destroy(),
    ended: new Promise((resolve) => response.once("close", resolve)),
  };
}

/** The complete frames of a stream's text (HTML standard, 9.2.5). Comments are not frames. */
export function parseFrames(text: string): Frame[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const frame: Frame = {};
      for (const line of block.split("\n")) {
        const [, field, value = ""] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
        if (field === "event" || field === "id") frame[field] = value;
        else if (field === "data") frame.data = value === "" ? "" : JSON.parse(value);
      }
      return Object.keys(frame).length > 0 ? [frame] : [];
    });
}

/** The type of the connection event that a frame carries. */
export function typeOf({ data }: Frame): string | undefined {
  return typeof data === "object" && data !== null && "type" in data ? String(data.type) : undefined;
}

export const isReset = (frame: Frame) => typeOf(frame) === "reset";

export const isError = ({ event }: Frame) => event === "serialized-error";
