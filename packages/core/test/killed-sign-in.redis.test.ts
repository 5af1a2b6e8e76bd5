import { killedSignInScenario } from "./killed-sign-in.js";
import { refreshTroubleScenario } from "./refresh-trouble.js";

// These run while the locks and leases of the killed processes expire.
refreshTroubleScenario();
killedSignInScenario({ refreshes: { sessions: 4, processes: 1 }, flows: { sessions: 3, processes: 1 } });
