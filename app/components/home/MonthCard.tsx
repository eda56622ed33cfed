/** Placeholder until views land. */
export function MonthCard() {
  return null;
}
