import { randomUUID } from "node:crypto";

const MAX_NOTES = 200;
const MAX_NOTEBOOKS = 100;

export interface Note {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  /** ISO 8601 */
  readonly createdAt: string;
}

/** The notes of one person, in memory. */
export class Notebook {
  readonly #notes = new Map<string, Note>();

  /** Adds a note, or answers `undefined` when the notebook is full. */
  create(title: string, body: string): Note | undefined {
    if (this.#notes.size >= MAX_NOTES) return undefined;
    const note = { id: randomUUID(), title, body, createdAt: new Date().toISOString() };
    this.#notes.set(note.id, note);
    return note;
  }

  /** The notes whose title or body contains the query in any letter case, newest first; an empty query finds all. */
  search(query: string): Note[] {
    const wanted = query.toLowerCase();
    return [...this.#notes.values()]
      .filter(({ title, body }) => `${title}\n${body}`.toLowerCase().includes(wanted))
      .reverse();
  }

  /** Whether there was such a note to delete. */
  delete(id: string): boolean {
    return this.#notes.delete(id);
  }
}

/** One notebook for each signed-in person; the one unused for longest goes when there are too many. */
export class Notebooks {
  readonly #bySubject = new Map<string, Notebook>();

  of(subject: string): Notebook {
    const notebook = this.#bySubject.get(subject) ?? new Notebook();
    // A map keeps the order of insertion: the first key is the least recently used.
    this.#bySubject.delete(subject);
    this.#bySubject.set(subject, notebook);
    const [oldest] = this.#bySubject.keys();
    if (this.#bySubject.size > MAX_NOTEBOOKS && oldest !== undefined) this.#bySubject.delete(oldest);
    return notebook;
  }
}
