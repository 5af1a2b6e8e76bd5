import { foreignInputFuzz, longForm } from "./foreign-input-fuzz.js";

foreignInputFuzz(longForm);
