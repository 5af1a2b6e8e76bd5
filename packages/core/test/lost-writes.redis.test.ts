import { lostWritesScenario, shortForm } from "./lost-writes.js";

lostWritesScenario(shortForm);
