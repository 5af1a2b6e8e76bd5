import { randomBytes } from "node:crypto";

/** 256 bits for `state`, for a nonce, for a flow. */
export const randomToken = () => randomBytes(32).toString("base64url");
