/** Numbers and times as people read them. */

const numbers = new Intl.NumberFormat("en");
const dateTimes = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const clockTimes = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function count(n: number): string {
  return numbers.format(n);
}

/** "1 message", "2 messages". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Rounded down, so that 100 % means finished. */
export function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

export function dateTime(iso: string): string {
  return dateTimes.format(new Date(iso));
}

export function clockTime(iso: string): string {
  return clockTimes.format(new Date(iso));
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** "3 minutes ago"; below a minute "just now", so that nothing on the screen ticks. */
export function ago(iso: string, now: number): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** "850 ms", "12 s", "4 min 10 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** An identifier of the API ("dead_lead") as a label ("Dead lead"). */
export function label(identifier: string): string {
  const words = identifier.replaceAll("_", " ").replace(/\b(icp|ab|sms)\b/, (letters) => letters.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
