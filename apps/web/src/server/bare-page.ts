/** A page of the proxy itself: without scripts, and without anything of the visitor's. The texts are our own. */
export function barePage(status: number, { title, text }: { title: string; text: string }): Response {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
  return new Response(html, { status, headers });
}

/** Whether a path is one that can be decoded. No page has another one, and Next would answer with a bare error. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
