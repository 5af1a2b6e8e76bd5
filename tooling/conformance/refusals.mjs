const anotherServer = "came back from a different server";

/** The scenarios that a client must refuse, and what its user is then told. */
export const refusals = new Map([
  ["auth/resource-mismatch", "is for a different address"],
  ["auth/metadata-issuer-mismatch", "its sign-in service could not be found"],
  ["auth/iss-supported-missing", anotherServer],
  ["auth/iss-wrong-issuer", anotherServer],
  ["auth/iss-unexpected", anotherServer],
  ["auth/iss-normalized", anotherServer],
  // Its server never accepts the granted scope.
  ["auth/scope-retry-limit", "keeps asking for more permission"],
  // Its server lists a tool that it cannot call.
  ["json-schema-ref-no-deref", "answered with the error -32601"],
]);
