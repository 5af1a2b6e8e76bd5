const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A time span (ms) in its two largest units: `12 s`, `4 min 05 s`, `3 h 07 min`, `2 d 4 h`. Negative is zero. */
export function durationText(ms: number): string {
  const span = Math.max(0, ms);
  const whole = (unit: number) => Math.floor(span / unit);
  const rest = (unit: number, within: number) => String(Math.floor((span % within) / unit));
  if (span < minute) return `${whole(second)} s`;
  if (span < hour) return `${whole(minute)} min ${rest(second, minute).padStart(2, "0")} s`;
  if (span < day) return `${whole(hour)} h ${rest(minute, hour).padStart(2, "0")} min`;
  return `${whole(day)} d ${rest(hour, day)} h`;
}

/** A countdown (ms): `1:59`. */
export function countdownText(ms: number): string {
  const left = Math.ceil(Math.max(0, ms) / second);
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
