import { ownAnswersScenario } from "./own-answers.js";

ownAnswersScenario(1_000);
