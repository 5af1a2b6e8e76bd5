import { completable } from "@modelcontextprotocol/sdk/server/completable.js";
import { type McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import type { Note, Notebook } from "./notes.js";

const uriOf = ({ id }: Note) => `note:///${id}`;
const textOf = ({ title, body }: Note) => `# ${title}\n\n${body}\n`;

/** The code of a resource that does not exist (MCP 2025-11-25, resources). */
const RESOURCE_NOT_FOUND = -32_002;

/** Each note as a resource, and a prompt that summarizes one. */
export function offerNotes(server: McpServer, notebook: Notebook): void {
  const newestFirst = () => notebook.search("");
  server.registerResource(
    "note",
    new ResourceTemplate("note:///{id}", {
      list: () => ({
        resources: newestFirst().map((note) => ({
          uri: uriOf(note),
          name: note.id,
          title: note.title,
          mimeType: "text/markdown",
          size: Buffer.byteLength(textOf(note)),
          annotations: { audience: ["user", "assistant"], lastModified: note.createdAt },
        })),
      }),
      complete: {
        id: (typed) => newestFirst().flatMap(({ id }) => (id.startsWith(typed) ? id : [])),
      },
    }),
    { title: "Note", description: "One note of the signed-in user, by its id.", mimeType: "text/markdown" },
    (uri, { id }) => {
      const note = notebook.get(String(id));
      if (!note) throw new McpError(RESOURCE_NOT_FOUND, "Resource not found", { uri: uri.href });
      return { contents: [{ uri: uriOf(note), mimeType: "text/markdown", text: textOf(note) }] };
    },
  );

  server.registerPrompt(
    "summarize",
    {
      title: "Summarize a note",
      description: "Asks for a summary of the note with this title.",
      argsSchema: {
        title: completable(z.string().describe("The title of the note"), (typed) =>
          newestFirst().flatMap(({ title }) => (title.toLowerCase().startsWith(typed.toLowerCase()) ? title : [])),
        ),
        language: z.string().max(50).optional().describe("The language of the summary"),
      },
    },
    ({ title, language }) => {
      const note = newestFirst().find((each) => each.title === title);
      if (!note) throw new McpError(ErrorCode.InvalidParams, "There is no note with this title");
      const wish = language ? ` in ${language}` : "";
      return {
        messages: [
          { role: "user", content: { type: "text", text: `Summarize this note in two sentences${wish}.` } },
          {
            role: "user",
            content: {
              type: "resource",
              resource: { uri: uriOf(note), mimeType: "text/markdown", text: textOf(note) },
            },
          },
        ],
      };
    },
  );
}
