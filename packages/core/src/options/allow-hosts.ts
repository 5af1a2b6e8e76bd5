import { parseUrl } from "@mcp-assistant/protocol";
import { ConfigurationError } from "../errors.js";

/**
 * Checks an entry of `outbound.allowHosts`, which is compared as text with a URL's host and port.
 * Throws a {@link ConfigurationError}.
 */
export function checkHost(entry: string): string {
  const named = `outbound.allowHosts has "${entry}"`;
  const example = "Write host:port, such as 127.0.0.1:3001";
  if (entry.trim() === "")
    throw new ConfigurationError(`${named}, an empty entry`, "Remove it. There may be an extra comma.");
  if (entry.includes("//")) throw new ConfigurationError(`${named}, a URL`, `${example}, without a scheme or path.`);
  if (entry.includes("*"))
    throw new ConfigurationError(
      `${named}, but wildcards are not supported`,
      `${example}, with one entry for each host.`,
    );
  const [, host, port = ""] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):(\d+)$/i.exec(entry) ?? [];
  if (host === undefined)
    throw new ConfigurationError(`${named}, which is not host:port`, `${example}, without spaces.`);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigurationError(`${named}, whose port is not valid`, "Use a port from 1 to 65535.");
  }
  const hostname = parseUrl(`http://${host}`)?.hostname;
  if (hostname === host.toLowerCase()) return entry;
  const spelled = hostname === undefined ? `${example}.` : `Write ${hostname}:${port}.`;
  throw new ConfigurationError(`${named}, which is spelled differently in a URL`, spelled);
}
