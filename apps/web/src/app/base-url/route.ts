import { baseUrl } from "../../server/environment";
import { moveToBaseUrl } from "../../server/host";

/** Redirects a visitor to the same path under the base URL. */
export function GET(request: Request): Response {
  const path = request.headers.get(moveToBaseUrl) ?? "/";
  // Origin and path are joined as text. Resolved as a URL, a path like `//example.com` would lead to another site.
  const location = baseUrl().origin + (path.startsWith("/") ? path : "/");
  return new Response(null, { status: 307, headers: { location, "cache-control": "no-store" } });
}
