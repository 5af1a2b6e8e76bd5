import { failoverScenario } from "./failover.js";

failoverScenario({ kind: "cluster", failovers: 1, waitForReplicas: 1 });
