import { killedSignInScenario } from "./killed-sign-in.js";

killedSignInScenario({ refreshes: { sessions: 10, processes: 10 }, flows: { sessions: 5, processes: 10 } });
