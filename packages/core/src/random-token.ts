import { randomBytes } from "node:crypto";

/** 256 random bits, for a `state`, a nonce or a flow. */
export const randomToken = () => randomBytes(32).toString("base64url");
