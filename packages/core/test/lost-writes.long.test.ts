import { lostWritesScenario, mediumForm } from "./lost-writes.js";

lostWritesScenario(mediumForm);
