import { longForm, lostWritesScenario } from "./lost-writes.js";

lostWritesScenario(longForm);
