import { failoverScenario } from "./failover.js";

failoverScenario({ kind: "sentinel", failovers: 1, waitForReplicas: 1 });
