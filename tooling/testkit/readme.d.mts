/** How many pieces of TypeScript the README has. */
export const codeBlocks: number;

/** Those that begin with the name of their file, by that name, as a reader would copy them. */
export const readmeFiles: Record<string, string>;

/** What the README leaves to the reader: the text of `server/auth.ts`, their own authentication. */
export const authFile: string;
