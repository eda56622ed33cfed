// Dates in the database's format, YYYY-MM-DD, in the phone's time zone unless stated otherwise.

export function dayOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** 18:00, in the phone's time zone. */
export function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes()].map((n) => String(n).padStart(2, '0')).join(':');
}

/** The date in Korea, which the server counts from. */
export function dayInKorea(date: Date): string {
  return new Date(date.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  const [year, month, date] = parts(day);
  return dayOf(new Date(year, month - 1, date + days));
}

/** Days from `from` until `day`; negative if `day` is past. */
export function daysUntil(day: string, from: string): number {
  const at = (text: string) => {
    const [year, month, date] = parts(text);
    return Date.UTC(year, month - 1, date);
  };
  return Math.round((at(day) - at(from)) / 86_400_000);
}

/** The days that the server accepts as use-by dates: from 2000 until 50 years from today. */
export function plausibleDays(today: string): { first: string; last: string } {
  return { first: '2000-01-01', last: addDays(today, 50 * 365) };
}

export function isPlausibleUseBy(day: string, today: string): boolean {
  const { first, last } = plausibleDays(today);
  return day >= first && day <= last;
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && addDays(text, 0) === text;
}

function parts(day: string): [number, number, number] {
  const [year = NaN, month = NaN, date = NaN] = day.split('-').map(Number);
  return [year, month, date];
}
