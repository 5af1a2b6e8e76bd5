import { hostContract } from "./host.contract.js";
import { startExample, useExamples } from "./start.fixture.js";

useExamples();

for (const name of ["node-http", "express"]) hostContract(name, (env) => startExample(name, env));
