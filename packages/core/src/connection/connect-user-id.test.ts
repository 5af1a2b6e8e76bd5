import { expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";

test.each(["42", "{}", '["ada"]', "true", '"\\ud800"', '""'])(
  "a user id of %s is refused before anything is made of it",
  async (json) => {
    const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9" });
    const connecting = mcp.connect(JSON.parse(json), { serverUrl: "https://notes.invalid/mcp" });
    await expect(connecting).rejects.toMatchObject({ code: "USER_ID_INVALID" });
    await mcp.close();
  },
);
