/** What the referee finds wrong today, and why. A scenario that passes must leave this list, or the run fails. */
export const expectedFailures = [
  {
    scenario: "auth/2025-03-26-oauth-metadata-backcompat",
    runs: ["stable backcompat"],
    reason:
      "its metadata names another issuer than the one asked for, which RFC 8414 §3.3 forbids us to use; alpha names the right one",
  },
  {
    scenario: "elicitation-sep1034-client-defaults",
    runs: ["2025-11-25"],
    reason: "a server cannot ask the user anything during a call yet",
  },
  {
    scenario: "sep-2322-client-request-state",
    runs: ["2026-07-28"],
    reason: "a server cannot ask the user anything during a call yet (input_required)",
  },
  {
    scenario: "auth/enterprise-managed-authorization",
    runs: ["alpha extensions"],
    reason: "no identity provider of a company can be named whose tokens are exchanged",
  },
  {
    scenario: "auth/dpop",
    runs: ["alpha extensions"],
    reason: "tokens are bearer tokens: no proof of possession is made",
  },
  { scenario: "auth/dpop-nonce", runs: ["alpha extensions"], reason: "as auth/dpop" },
  {
    scenario: "auth/wif-jwt-bearer",
    runs: ["alpha extensions"],
    reason: "no workload has an identity of its own here: users sign in",
  },
];
