import { expect, test, vi } from "vitest";
import type { SignedIn } from "../../credentials/credentials.js";
import { Secret } from "../../credentials/secret.js";
import { AuthorizationRequiredError, ServerUnreachableError } from "../../errors.js";
import { someCredentials, withTokens } from "../../samples.fixture.js";
import { challengeOf, SessionAuthProvider } from "./session-auth-provider.js";

const serverUrl = new URL("https://notes.example/mcp");
const metadata = "https://notes.example/.well-known/oauth-protected-resource/mcp";
const challenge = { resourceMetadataUrl: metadata, scope: "notes:read" };

/** A sign-in whose access token was issued `age` seconds ago and is valid for `life` seconds. */
function tokensOf(accessToken: string, { age = 0, life = 3_600 } = {}): SignedIn {
  const issuedAt = Date.now() - age * 1_000;
  const expiresAt = issuedAt + life * 1_000;
  const tokens = { accessToken: new Secret(accessToken), refreshToken: new Secret("r"), scope: null };
  return withTokens(someCredentials(), { ...tokens, issuedAt, expiresAt });
}

function providerOf(credentials: SignedIn | undefined, ...refreshed: (SignedIn | Error)[]) {
  const refresh = vi.fn<(held: SignedIn) => Promise<SignedIn>>();
  for (const answer of refreshed) {
    if (answer instanceof Error) refresh.mockRejectedValueOnce(answer);
    else refresh.mockResolvedValueOnce(answer);
  }
  refresh.mockRejectedValue(new Error("one refresh too many"));
  return { refresh, auth: new SessionAuthProvider({ credentials, refresh, now: Date.now }) };
}

/** The server's 401 to a request with that token, or without one. */
async function refusal(auth: SessionAuthProvider, token?: string) {
  const fetch = auth.remember(async () => {
    const header = `Bearer resource_metadata="${metadata}", scope="notes:read"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": header } });
  });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { response: await fetch(serverUrl, { headers }), serverUrl };
}

const away = new ServerUnreachableError({ message: "It is away", hint: "Again.", retryable: true });
const refused = new AuthorizationRequiredError({ message: "No longer", hint: "Sign in.", retryable: false });

test("without a sign-in there is no token, and a 401 leads to a sign-in", async () => {
  const { auth } = providerOf(undefined);
  expect(await auth.token()).toBeUndefined();
  const error = await auth.onUnauthorized(await refusal(auth)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", message: "notes.example asks you to sign in" });
  expect(challengeOf(error)).toEqual({ challenge });
});

test("a valid token is used as it is", async () => {
  const { auth, refresh } = providerOf(tokensOf("a"));
  expect([await auth.token(), await auth.token()]).toEqual(["a", "a"]);
  expect(refresh).not.toHaveBeenCalled();
});

test("a token that is about to expire is refreshed before it is used", async () => {
  const old = tokensOf("old", { age: 3_590 });
  const { auth, refresh } = providerOf(old, tokensOf("new"));
  expect([await auth.token(), await auth.token()]).toEqual(["new", "new"]);
  expect(refresh.mock.calls).toHaveLength(1);
  expect(refresh.mock.calls[0]?.[0]).toBe(old);
});

test("an expired token without a refresh token is sent: the server may still accept it, or ask for a sign-in", async () => {
  const credentials = tokensOf("old", { age: 7_200 });
  credentials.signIn.tokens.refreshToken = null;
  const { auth, refresh } = providerOf(credentials, refused);
  expect(await auth.token()).toBe("old");
  expect(refresh).not.toHaveBeenCalled();
  const asked = auth.onUnauthorized(await refusal(auth, "old"));
  await expect(asked).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED", challenge });
});

test("a refused token is refreshed once, and the new one is used once whatever its expiry", async () => {
  const { auth, refresh } = providerOf(tokensOf("a"), tokensOf("b", { age: 60, life: 60 }), tokensOf("c"));
  await auth.onUnauthorized(await refusal(auth, "a"));
  expect(await auth.token()).toBe("b");
  expect(refresh).toHaveBeenCalledTimes(1);
  expect(await auth.token()).toBe("c");
});

test("a late 401 for a token that has been replaced causes no second refresh", async () => {
  const { auth, refresh } = providerOf(tokensOf("a"), tokensOf("b"));
  const [slow, fast] = [await refusal(auth, "a"), await refusal(auth, "a")];
  await auth.onUnauthorized(fast);
  expect(await auth.token()).toBe("b");
  await auth.onUnauthorized(slow);
  expect(await auth.token()).toBe("b");
  expect(refresh).toHaveBeenCalledTimes(1);
});

test("a 401 for the new token refreshes again", async () => {
  const { auth, refresh } = providerOf(tokensOf("a"), tokensOf("b"), tokensOf("c"));
  await auth.onUnauthorized(await refusal(auth, "a"));
  await auth.onUnauthorized(await refusal(auth, "b"));
  expect(await auth.token()).toBe("c");
  expect(refresh).toHaveBeenCalledTimes(2);
});

test("an unreachable authorization server does no harm while the token is valid", async () => {
  const { auth, refresh } = providerOf(tokensOf("a", { age: 3_590 }), away, tokensOf("b"));
  expect(await auth.token()).toBe("a");
  expect(await auth.token()).toBe("b");
  expect(refresh).toHaveBeenCalledTimes(2);
});

test("an unreachable authorization server is reported if the token has expired or was refused", async () => {
  const expired = providerOf(tokensOf("a", { age: 3_601 }), away);
  await expect(expired.auth.token()).rejects.toBe(away);
  const living = providerOf(tokensOf("a"), away);
  const answer = await refusal(living.auth, "a");
  await expect(living.auth.onUnauthorized(answer)).rejects.toBe(away);
});

test("a sign-in that has ended is reported at once, even while the token is valid", async () => {
  const { auth } = providerOf(tokensOf("a", { age: 3_590 }), refused);
  await expect(auth.token()).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
});

test("a refused refresh after a 401 becomes the challenge of that 401", async () => {
  const { auth } = providerOf(tokensOf("a"), refused);
  const error = await auth.onUnauthorized(await refusal(auth, "a")).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", cause: refused });
  expect(challengeOf(error)).toEqual({ challenge });
});

test("other errors carry no challenge", () => {
  for (const error of [refused, away, new Error("no"), undefined]) expect(challengeOf(error)).toEqual({});
});
