/** The date and time for people; `undefined` if there is no such time zone. */
export function formatLocal(moment: Date, timeZone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long", timeZone }).format(moment);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
