// For `node --import`: the referee imports `globSync` from `fs`, which Node has from 22 on, for a command that is not
// used here. Elsewhere it runs on Node 20 like everything else.
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
