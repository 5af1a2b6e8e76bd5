import { type Attributes, SpanStatusCode, trace } from "@opentelemetry/api";
import { errorAttributes } from "./logger.js";

/** Runs `work` in an OpenTelemetry span. If the app has not set up OpenTelemetry, it only runs the work. */
export function span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return trace.getTracer("@mcp-assistant/core").startActiveSpan(name, { attributes }, async (current) => {
    try {
      return await work();
    } catch (error) {
      current.setAttributes(errorAttributes(error));
      current.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      current.end();
    }
  });
}
