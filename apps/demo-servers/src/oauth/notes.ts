import { randomUUID } from "node:crypto";
import * as z from "zod";

const MAX_NOTES = 200;
const MAX_NOTEBOOKS = 100;

export const noteSchema = z.object({
  id: z.string().describe("The id that delete_note takes"),
  title: z.string(),
  body: z.string(),
  createdAt: z.iso.datetime(),
});

export type Note = Readonly<z.infer<typeof noteSchema>>;

export interface NotebookOptions {
  saved?: readonly Note[];
  /** Called after a note was added or deleted. */
  changed?: () => void;
}

/** The notes of one user. */
export class Notebook {
  readonly #notes: Map<string, Note>;
  readonly #changed: () => void;

  constructor({ saved = [], changed = () => {} }: NotebookOptions = {}) {
    this.#notes = new Map(saved.map((note) => [note.id, note]));
    this.#changed = changed;
  }

  /** Adds a note; returns `undefined` when the notebook is full. */
  create(title: string, body: string): Note | undefined {
    if (this.#notes.size >= MAX_NOTES) return undefined;
    const note = { id: randomUUID(), title, body, createdAt: new Date().toISOString() };
    this.#notes.set(note.id, note);
    this.#changed();
    return note;
  }

  /** The notes whose title or body contains the query in any letter case, newest first; an empty query finds all. */
  search(query: string): Note[] {
    const wanted = query.toLowerCase();
    return [...this.#notes.values()]
      .filter(({ title, body }) => `${title}\n${body}`.toLowerCase().includes(wanted))
      .reverse();
  }

  get(id: string): Note | undefined {
    return this.#notes.get(id);
  }

  /** Deletes a note. Returns whether it existed. */
  delete(id: string): boolean {
    const existed = this.#notes.delete(id);
    if (existed) this.#changed();
    return existed;
  }

  /** All notes, oldest first. */
  list(): Note[] {
    return [...this.#notes.values()];
  }
}

export interface NotebooksOptions {
  /** The notes of each user. */
  saved?: readonly (readonly [subject: string, notes: readonly Note[]])[];
  /** Called after any user's note was added or deleted. */
  changed?: () => void;
}

/** One notebook for each signed-in user. When there are too many, the least recently used one is dropped. */
export class Notebooks {
  readonly #bySubject: Map<string, Notebook>;
  readonly #changed: () => void;

  constructor({ saved = [], changed = () => {} }: NotebooksOptions = {}) {
    this.#bySubject = new Map(saved.map(([subject, notes]) => [subject, new Notebook({ saved: notes, changed })]));
    this.#changed = changed;
  }

  of(subject: string): Notebook {
    const notebook = this.#bySubject.get(subject) ?? new Notebook({ changed: this.#changed });
    // A map keeps insertion order, so the first key is the least recently used.
    this.#bySubject.delete(subject);
    this.#bySubject.set(subject, notebook);
    const [oldest] = this.#bySubject.keys();
    if (this.#bySubject.size > MAX_NOTEBOOKS && oldest !== undefined) this.#bySubject.delete(oldest);
    return notebook;
  }

  /** The notes of each user, the most recently seen user last. */
  list(): [subject: string, notes: Note[]][] {
    return [...this.#bySubject].map(([subject, notebook]) => [subject, notebook.list()]);
  }
}
