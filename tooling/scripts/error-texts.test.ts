import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { type ErrorText, findErrorTexts, problemsOf, settingsIn } from "./error-texts.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const packages = ["api", "client", "core", "protocol", "react"];

let settings: string[];

async function sourcesOf(folder: string): Promise<string[]> {
  const files = await readdir(join(root, folder), { recursive: true });
  return files.filter((file) => /\.tsx?$/.test(file) && !/\.(?:test|contract|fixture)\./.test(file)).sort();
}

beforeAll(async () => {
  const tables = ["options/options.ts", "options/env.ts", "limits.ts"];
  const sources = await Promise.all(tables.map((table) => readFile(join(root, "packages/core/src", table), "utf8")));
  settings = ["outbound.", "authorization.", "limits.", "createMcp", ...sources.flatMap(settingsIn)];
});

test("the names of settings come from the tables of options, limits and environment variables", () => {
  expect(settings).toEqual(
    expect.arrayContaining([
      "allowHosts",
      "encryptionKeys",
      "baseUrl",
      "streamsPerUser",
      "MCP_ENCRYPTION_KEYS",
      "REDIS_URL",
    ]),
  );
});

test.each(packages)(
  "every text of an error in packages/%s is short, plain, and names no setting to a user",
  async (name) => {
    const folder = `packages/${name}/src`;
    const problems: string[] = [];
    let count = 0;
    for (const file of await sourcesOf(folder)) {
      const source = await readFile(join(root, folder, file), "utf8");
      for (const found of findErrorTexts(source, file.endsWith(".tsx") ? "tsx" : "ts")) {
        count += 1;
        for (const problem of problemsOf(found, settings)) {
          problems.push(`${folder}/${file}:${found.line} ${problem}: ${found.text}`);
        }
      }
    }
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(name === "core" ? 150 : 0);
  },
);

const inError = (part: ErrorText["part"], text: string) =>
  `throw new ServerError({ ${part}: ${text}, retryable: false });`;

/** A template literal of a source, with a value that is filled in. */
const filled = (before: string, after: string) => `\`${before}\${host}${after}\``;

test.each([
  ["a long hint", inError("hint", JSON.stringify(`${"Wait. ".repeat(40)}Then go on.`)), "has more than 200 characters"],
  ["a long title", inError("title", '"The server could not be reached in time"'), ""],
  ["a longer title", inError("title", '"The server could not be reached in good time"'), "has more than 40 characters"],
  ["a message that begins small", inError("message", '"not found"'), "begins with a small letter"],
  ["a message that begins with a value", inError("message", filled("", " is not there")), ""],
  ["a message that begins with a field", inError("message", '"serverId: Too long"'), ""],
  ["two spaces", inError("message", '"Not  found"'), "has a space too many"],
  ["a riddling pronoun", inError("hint", '"Ask whoever runs it."'), "is stilted"],
  ["a user who is a man", inError("hint", '"The user and his key."'), "is stilted"],
  ["a hint without a full stop", inError("hint", '"Try again"'), "does not end with a full stop"],
  ["a message with one", inError("message", '"It failed."'), "ends with a full stop"],
  ["an option in a hint", inError("hint", '"Raise limits.tools."'), "names limits., which is not a user's to set"],
  [
    "an option in a message",
    inError("message", filled("Set allowHosts for ", "")),
    "names allowHosts, which is not a user's to set",
  ],
  [
    "an environment variable",
    inError("hint", '"Set MCP_ENCRYPTION_KEYS."'),
    "names MCP_ENCRYPTION_KEYS, which is not a user's to set",
  ],
  ["an option in an operatorHint", inError("operatorHint", '"Raise limits.tools."'), ""],
  [
    "the second branch of a condition",
    inError("hint", 'isOver ? "Try again." : "try again."'),
    "begins with a small letter",
  ],
  ["the second half of a text", inError("hint", '"Try again," + " anew."'), "is stilted"],
  ["an option for a developer", 'throw new ConfigurationError("baseUrl is missing", "Set baseUrl.");', ""],
  [
    "a hint for a developer",
    'throw new ConfigurationError("baseUrl is missing", "Set baseUrl");',
    "does not end with a full stop",
  ],
])("%s is judged", (_what, source, problem) => {
  const found = findErrorTexts(source);
  expect(found).not.toEqual([]);
  expect(found.flatMap((text) => problemsOf(text, settings))).toEqual(problem ? [problem] : []);
});
