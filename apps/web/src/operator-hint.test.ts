import { expect, test } from "vitest";
import { withVariable } from "./operator-hint";

test("a hint about allowHosts says which variable holds that list, and that the value is added to it", () => {
  expect(withVariable('To allow it, add "localhost:9999" to outbound.allowHosts.')).toBe(
    'To allow it, add "localhost:9999" to outbound.allowHosts. Here, that is the environment variable MCP_ALLOW_HOSTS: a list separated by commas, to which you add it.',
  );
});

test("any other hint stays as it is", () => {
  expect(withVariable("Raise limits.sessionsPerUser to allow more.")).toBe(
    "Raise limits.sessionsPerUser to allow more.",
  );
});
