/** The scenarios that fail today, and why. A scenario that passes must be removed from this list, or the run fails. */
export const expectedFailures = [
  {
    scenario: "auth/2025-03-26-oauth-metadata-backcompat",
    runs: ["stable backcompat"],
    reason:
      "its metadata names another issuer than requested, which RFC 8414 §3.3 forbids us to use; alpha names the right one",
  },
  {
    scenario: "elicitation-sep1034-client-defaults",
    runs: ["2025-11-25"],
    reason: "servers cannot ask the user anything during a call yet",
  },
  {
    scenario: "sep-2322-client-request-state",
    runs: ["2026-07-28"],
    reason: "servers cannot ask the user anything during a call yet (input_required)",
  },
  {
    scenario: "auth/enterprise-managed-authorization",
    runs: ["alpha extensions"],
    reason: "exchanging the tokens of a company's identity provider is not supported",
  },
  {
    scenario: "auth/dpop",
    runs: ["alpha extensions"],
    reason: "tokens are bearer tokens: proof of possession is not supported",
  },
  { scenario: "auth/dpop-nonce", runs: ["alpha extensions"], reason: "same as auth/dpop" },
  {
    scenario: "auth/wif-jwt-bearer",
    runs: ["alpha extensions"],
    reason: "workload identities are not supported: users sign in",
  },
];
