import * as z from "zod";

/** The address of our own sign-in page. Pages link to it, so it must not be an address that a browser would run. */
export const authUrlSchema = z.url({ protocol: /^https?$/ });
