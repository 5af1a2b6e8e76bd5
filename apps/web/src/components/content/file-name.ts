const extensions: Readonly<Record<string, string>> = {
  "application/json": "json",
  "application/pdf": "pdf",
  "image/gif": "gif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "text/csv": "csv",
  "text/html": "html",
  "text/markdown": "md",
  "text/plain": "txt",
};

/**
 * A file name for the content of a URI: its last segment, in letters that every file system takes, and an ending by its
 * type where it has none.
 */
export function fileName(uri: string, mimeType: string | undefined): string {
  const [path = ""] = uri.split(/[?#]/);
  const last = path.split(/[/:]/).filter(Boolean).at(-1) ?? "";
  const name =
    last
      .replace(/[^\p{L}\p{N}._-]+/gu, "_")
      .replace(/^[._]+/, "")
      .slice(0, 80) || "resource";
  const ending = extensions[mimeType?.split(";")[0]?.trim().toLowerCase() ?? ""];
  return ending === undefined || /\.[\p{L}\p{N}]{1,8}$/u.test(name) ? name : `${name}.${ending}`;
}
