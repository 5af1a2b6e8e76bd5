import { failoverScenario } from "./failover.js";

failoverScenario({ kind: "sentinel", failovers: 1, waitForReplicas: 1 });
failoverScenario({ kind: "cluster", failovers: 1, waitForReplicas: 1 });
