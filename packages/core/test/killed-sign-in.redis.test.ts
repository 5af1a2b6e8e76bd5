import { killedSignInScenario } from "./killed-sign-in.js";

killedSignInScenario({ refreshes: { sessions: 4, processes: 1 }, flows: { sessions: 3, processes: 1 } });
