/** How many blocks of TypeScript the README and the docs that continue it have. */
export const codeBlocks: number;

/** The blocks that begin with a file name, by that name, as a reader would copy them. */
export const readmeFiles: Record<string, string>;

/** A sign-in for tests, in place of the stand-in of the docs: the text of `server/auth.ts`. */
export const authFile: string;
