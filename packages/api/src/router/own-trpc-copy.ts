import { ConfigurationError } from "@mcp-assistant/core";
import { initTRPC, TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker as Unset } from "@trpc/server";

type Builder = TRPCProcedureBuilder<object, object, object, Unset, Unset, Unset, Unset, false>;

/**
 * Throws when the procedure was made by another copy of `@trpc/server` than the one imported here. Our events would lose
 * their ids in it, because each copy knows only what its own `tracked` has made, and our errors would not be its errors.
 */
export function checkOwnTrpcCopy(procedure: Builder): void {
  // The same copy does the same things, whichever version it is; so only another copy can differ.
  const own = initTRPC.create({ allowOutsideOfServer: true }).procedure;
  if (stepsWithOurError(procedure) === stepsWithOurError(own)) return;
  throw new ConfigurationError(
    "createMcpRouter: the procedure comes from another copy of @trpc/server than the one that this package uses",
    'Have one copy: run "npm ls @trpc/server" (or "pnpm why", "yarn why"), give all of @trpc/* one version in package.json, ' +
      'and run "npm dedupe". If only one is listed, it is loaded twice: import it everywhere, require it nowhere, and let your bundler ' +
      "take in both packages or neither.",
  );
}

/** What a procedure's copy of tRPC does with an error of our copy's class. It tells, for example, whether that is its own. */
function stepsWithOurError(procedure: Builder): string {
  const steps: string[] = [];
  const error = new Proxy(new TRPCError({ code: "BAD_REQUEST" }), {
    get(target, name, receiver) {
      steps.push(`get ${String(name)}`);
      return Reflect.get(target, name, receiver);
    },
    getPrototypeOf(target) {
      steps.push("instanceof");
      return Reflect.getPrototypeOf(target);
    },
  });
  const fail = () => {
    throw error;
  };
  // A builder of its own, without what the host's procedures would do first: nothing of the host's runs.
  const probe = procedure.use(fail);
  Object.assign(probe._def, { middlewares: [fail], caller: undefined });
  const call = {
    ctx: {},
    getRawInput: async () => undefined,
    path: "probe",
    type: "query",
    signal: undefined,
    batchIndex: 0,
  } as const;
  probe
    .query(() => undefined)(call)
    .catch(() => undefined);
  // What an error that is thrown at once leads to happens before the call returns its promise.
  return steps.join();
}
