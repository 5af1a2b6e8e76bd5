import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";
import { failure, success } from "../tool-result.js";
import { offerNotes } from "./note-resources.js";
import { type Notebook, noteSchema } from "./notes.js";

/** An MCP server of the legacy era, with three tools that work on one user's notebook, and its notes as resources. */
export function createNotesServer(notebook: Notebook): McpServer {
  const server = new McpServer(
    { name: "demo-notes", title: "Demo notes", version: "0.0.0" },
    { instructions: "Each user has a notebook. Search before you delete: delete_note takes an id, not a title." },
  );

  server.registerTool(
    "create_note",
    {
      title: "Create note",
      description: "Adds a note to the signed-in user's notebook and returns its id.",
      inputSchema: {
        title: z.string().trim().min(1).max(120).describe("A short title, at most 120 characters"),
        body: z.string().max(4_000).describe("The text of the note, at most 4,000 characters"),
      },
      outputSchema: { note: noteSchema },
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    },
    ({ title, body }) => {
      const note = notebook.create(title, body);
      if (note === undefined) return failure("The notebook is full: delete a note first.");
      return success(`Created the note "${note.title}" with the id ${note.id}.`, { note });
    },
  );

  server.registerTool(
    "search_notes",
    {
      title: "Search notes",
      description: "Finds the notes whose title or body contains the query, newest first. An empty query lists all.",
      inputSchema: { query: z.string().max(200).describe("Words to look for, in any letter case") },
      outputSchema: { notes: z.array(noteSchema) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ query }) => {
      const notes = notebook.search(query);
      const lines = notes.map(({ id, title }) => `- ${title} (${id})`);
      return success(lines.length === 0 ? "No note matches." : lines.join("\n"), { notes });
    },
  );

  server.registerTool(
    "delete_note",
    {
      title: "Delete note",
      description:
        "Permanently deletes the note with this id. This needs a separate permission, which is requested on first use.",
      inputSchema: { id: z.string().max(100).describe("The id from create_note or search_notes") },
      outputSchema: { deletedId: z.string() },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ id }) =>
      notebook.delete(id)
        ? success(`Deleted the note ${id}.`, { deletedId: id })
        : failure(`There is no note with the id ${id}.`),
  );

  offerNotes(server, notebook);
  return server;
}
