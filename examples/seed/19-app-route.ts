// app/api/mcp/sse/route.ts of Next.js's app router, with a response of three functions.
// Sign-ins need createMcpHandler beside it, in app/api/mcp/[...mcp]/route.ts.
import { createSSEHandler } from "@mcp-assistant/mcp-redis/server";
import type { NextRequest } from "next/server";
import { userOf } from "./auth.js";

export async function GET(req: NextRequest) {
  // From your own authentication. A userId in the address could name anyone.
  const userId = userOf(req.headers.get("authorization"));

  if (!userId) {
    return new Response("Unauthorized", { status: 401 });
  }

  const handler = createSSEHandler({ userId });

  // The handler takes the request as it is. The stream ends with req.signal.
  return new Response(
    new ReadableStream({
      start(controller) {
        const write = (data: string) => {
          controller.enqueue(new TextEncoder().encode(data));
        };

        const res = {
          writeHead: () => {},
          write,
          end: () => controller.close(),
        };

        void handler(req, res);
      },
    }),
    {
      headers: {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        Connection: "keep-alive",
      },
    },
  );
}

export async function POST(req: NextRequest) {
  const userId = userOf(req.headers.get("authorization"));
  const body: unknown = await req.json();

  // The same handler answers RPC requests. This answer is short, so it can wait until it is complete, with its status.
  let status = 200;
  let text = "";
  const handler = createSSEHandler({ userId });
  const res = {
    writeHead: (code: number) => {
      status = code;
    },
    write: (data: string) => {
      text += data;
    },
    end: () => {},
  };
  await handler(req, res, body);
  return new Response(text, { status, headers: { "Content-Type": "application/json" } });
}
