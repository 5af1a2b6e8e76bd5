import { LimitExceededError } from "../errors.js";

/** A session's list of tools as it is stored, and what all lists of its user may take together in that form. */
export interface ToolListText {
  text: string;
  maxBytes: number;
}

export const noRoomForTools = () =>
  new LimitExceededError({
    message: "The tools of your connections take more space than this app keeps for one user",
    hint: "Remove a connection that you no longer need, then connect this one again.",
    operatorHint: "Raise limits.toolListBytesPerUser to allow more.",
    retryable: false,
  });
