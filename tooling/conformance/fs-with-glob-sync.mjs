// For `node --import`: the referee imports `globSync` from `fs`, which Node has since version 22, for a command that we
// do not use. With this stub it also runs on Node 20.
import * as fs from "node:fs";
import { register } from "node:module";

const source = 'export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => [];';
const hooks = `
  const url = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`)};
  export const resolve = (specifier, context, next) =>
    specifier === "fs" && context.parentURL?.startsWith("file:")
      ? { url, format: "module", shortCircuit: true }
      : next(specifier, context);
`;

if (!("globSync" in fs)) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
