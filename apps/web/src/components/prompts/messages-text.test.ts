import { expect, test } from "vitest";
import { messagesText } from "./messages-text";

test("the messages of a prompt as text name what is no text", () => {
  const messages = [
    { role: "user", content: { type: "text", text: "Summarize this." } },
    { role: "user", content: { type: "resource", resource: { uri: "note:///1", text: "Milk" } } },
    { role: "user", content: { type: "resource", resource: { uri: "note:///2", blob: "AA==" } } },
    { role: "assistant", content: { type: "resource_link", uri: "note:///3", name: "3" } },
    { role: "assistant", content: { type: "image", data: "AA==", mimeType: "image/png" } },
    { role: "assistant", content: { type: "unknown", value: { type: "new" } } },
  ] as const;
  expect(messagesText({ messages: [...messages] })).toBe(
    "user:\nSummarize this.\n\nuser:\nMilk\n\nuser:\n[note:///2]\n\nassistant:\n[note:///3]\n\n" +
      'assistant:\n[image: image/png]\n\nassistant:\n{"type":"new"}',
  );
});
