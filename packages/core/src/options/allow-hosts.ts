import { ConfigurationError } from "../errors.js";

/**
 * Checks an entry of `outbound.allowHosts`, which is compared as text with a URL's host and port.
 * Throws a {@link ConfigurationError}.
 */
export function checkHost(entry: string): string {
  const named = `outbound.allowHosts has "${entry}"`;
  const example = "Write host:port, such as 127.0.0.1:3001";
  if (entry.trim() === "")
    throw new ConfigurationError(`${named}, an empty entry`, "Leave it out. There may be a comma too many.");
  if (entry.includes("//")) throw new ConfigurationError(`${named}, a URL`, `${example}, without a scheme and a path.`);
  if (entry.includes("*"))
    throw new ConfigurationError(`${named}, and there are no wildcards`, `${example}, one entry for each.`);
  const [, host, port = ""] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):(\d+)$/i.exec(entry) ?? [];
  if (host === undefined)
    throw new ConfigurationError(`${named}, which is not host:port`, `${example}, without spaces.`);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigurationError(`${named}, whose port is none`, "A port is a number from 1 to 65535.");
  }
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
  if (hostname === host.toLowerCase()) return entry;
  const spelled = hostname === undefined ? `${example}.` : `Write ${hostname}:${port}.`;
  throw new ConfigurationError(`${named}, which no URL spells like this`, spelled);
}
