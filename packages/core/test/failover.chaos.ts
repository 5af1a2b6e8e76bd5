import { failoverScenario } from "./failover.js";

failoverScenario({ kind: "sentinel", failovers: 10, waitForReplicas: 1 });
failoverScenario({ kind: "cluster", failovers: 10, waitForReplicas: 1 });
failoverScenario({ kind: "sentinel", failovers: 3, waitForReplicas: 0 });
