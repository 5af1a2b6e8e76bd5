import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

test("SSEClient alone is at most 8 KB, and brings no library", async () => {
  const build = await rolldown({
    input: fileURLToPath(new URL("../../dist/sse-client/sse-client.js", import.meta.url)),
    platform: "browser",
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const [{ code, moduleIds }] = output;
  expect(gzipSync(code).length).toBeLessThanOrEqual(8_000);
  expect(gzipSync(code).length).toBeGreaterThan(1_000);
  expect(moduleIds.filter((id) => /node_modules|packages\/(?!client|protocol)/.test(id))).toEqual([]);
});
