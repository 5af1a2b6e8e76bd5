export type { FuzzSizes } from "./fuzz.js";
export { holdsForAll, longFuzz, shortFuzz } from "./fuzz.js";
export { garbledText, hostileJson, mutated, mutatedText } from "./hostile-values.js";
