import { startChromium } from "@mcp-assistant/testkit/browser";
import type { TestProject } from "vitest/node";
import { startApp } from "./harness";
import type {} from "./provided-context";

/** What all browser tests share: a Chromium, and an app with the default options. */
export default async function setup(project: TestProject): Promise<() => Promise<unknown>> {
  const [chromium, app] = await Promise.all([startChromium(), startApp()]);
  project.provide("browserEndpoint", chromium.wsEndpoint());
  project.provide("app", { url: app.url, ports: app.ports });
  return () => Promise.all([chromium.close(), app.stop()]);
}
