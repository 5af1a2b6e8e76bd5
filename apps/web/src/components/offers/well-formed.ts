/** The text with every half of a surrogate pair replaced: nothing else can be encoded in an address. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd");
