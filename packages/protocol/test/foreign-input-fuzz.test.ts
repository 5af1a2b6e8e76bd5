import { foreignInputFuzz, shortForm } from "./foreign-input-fuzz.js";

foreignInputFuzz(shortForm);
