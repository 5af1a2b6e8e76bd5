/** How many blocks of TypeScript the README and the docs that continue it have. */
export const codeBlocks: number;

/** The blocks that begin with a file name, by that name, as a reader would copy them. */
export const readmeFiles: Record<string, string>;

/** All files that a page names in the first line of a block, also scripts and settings. */
export function filesOf(page: string): Record<string, string>;

/** The packages that a page tells its reader to install. */
export function installedBy(page: string): string[];

/** A sign-in for tests, in place of the stand-in of the docs: the text of `server/auth.ts`. */
export const authFile: string;
