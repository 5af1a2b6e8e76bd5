import { capabilityNames, type Icon, parseUrl, type ServerInfo } from "@mcp-assistant/protocol";
import { shownLine } from "../tools/shown-text.js";

/** The maximum lengths (UTF-16 code units) of a server's texts about itself. They are in each event of a connection. */
const maxLength = { name: 128, title: 200, version: 64, protocolVersion: 32, address: 512, detail: 32 };

/** How many icons are kept, and how many sizes of each. */
const [maxIcons, maxSizes] = [2, 4];

/** What a server says of itself (MCP `Implementation`), made safe to show. Null if it has no name that can be shown. */
export function toServerInfo(said: unknown): ServerInfo | null {
  const { name, title, version, websiteUrl, icons } = membersOf(said);
  const [shownName, shownTitle, shownVersion] = [
    lineOf(name, maxLength.name),
    lineOf(title, maxLength.title),
    lineOf(version, maxLength.version),
  ];
  if (shownName === undefined) return null;
  const website = webAddress(websiteUrl);
  const known = (Array.isArray(icons) ? icons : []).flatMap((icon) => toIcon(icon) ?? []).slice(0, maxIcons);
  return {
    name: shownName,
    ...(shownTitle === undefined ? {} : { title: shownTitle }),
    ...(shownVersion === undefined ? {} : { version: shownVersion }),
    ...(website === undefined ? {} : { websiteUrl: website }),
    ...(known.length === 0 ? {} : { icons: known }),
  };
}

/** The revision that was agreed on. */
export const toProtocolVersion = (said: unknown): string | null => lineOf(said, maxLength.protocolVersion) ?? null;

/** The names of what a server offers: those of {@link capabilityNames} that it has declared. */
export function toCapabilityNames(said: unknown): string[] {
  const declared = membersOf(said);
  return capabilityNames.filter((name) => {
    const [capability = "", detail] = name.split(".");
    const value = declared[capability];
    if (typeof value !== "object" || value === null) return false;
    return detail === undefined || membersOf(value)[detail] === true;
  });
}

function toIcon(said: unknown): Icon | undefined {
  const { src, mimeType, sizes, theme } = membersOf(said);
  const address = webAddress(src);
  if (address === undefined) return undefined;
  const [type, shownTheme] = [lineOf(mimeType, maxLength.detail), lineOf(theme, maxLength.detail)];
  const known = (Array.isArray(sizes) ? sizes : []).flatMap((size) => lineOf(size, maxLength.detail) ?? []);
  return {
    src: address,
    ...(type === undefined ? {} : { mimeType: type }),
    ...(known.length === 0 ? {} : { sizes: known.slice(0, maxSizes) }),
    ...(shownTheme === undefined ? {} : { theme: shownTheme }),
  };
}

/** An address that a page may link to or load: no script, and no image of any size in the address itself. */
function webAddress(said: unknown): string | undefined {
  const url = typeof said === "string" && said.length <= maxLength.address ? parseUrl(said) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  return url.href.length <= maxLength.address ? url.href : undefined;
}

const lineOf = (said: unknown, max: number): string | undefined =>
  typeof said === "string" ? shownLine(said, max) || undefined : undefined;

const membersOf = (said: unknown): Record<string, unknown> =>
  typeof said === "object" && said !== null ? { ...said } : {};
