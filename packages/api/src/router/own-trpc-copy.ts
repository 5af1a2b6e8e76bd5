import { ConfigurationError } from "@mcp-assistant/core";
import { initTRPC, TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker as Unset } from "@trpc/server";

type Builder = TRPCProcedureBuilder<object, object, object, Unset, Unset, Unset, Unset, false>;

/**
 * Throws if the procedure was made by another copy of `@trpc/server` than the one imported here. In another copy our
 * events would lose their ids, because each copy recognises only its own `tracked` values, and our errors would not be
 * instances of its error class.
 */
export function checkOwnTrpcCopy(procedure: Builder): void {
  // Within one copy both procedures take the same steps, in any version. So a difference means another copy.
  const own = initTRPC.create({ allowOutsideOfServer: true }).procedure;
  if (stepsWithOurError(procedure) === stepsWithOurError(own)) return;
  throw new ConfigurationError(
    "createMcpRouter: the procedure comes from a different copy of @trpc/server than the one that this package uses",
    'Use one version of all @trpc/* packages and run "npm dedupe". "npm ls @trpc/server" lists the copies. ' +
      "If it lists only one, it is loaded twice: never require it, and bundle both packages or neither.",
  );
}

/** The steps that a procedure's copy of tRPC takes with an error of our copy's class, such as testing its class. */
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
  // A separate builder without the host's middleware, so that none of the host's code runs.
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
  // The error is thrown synchronously, so all steps are taken before the call returns its promise.
  return steps.join();
}
