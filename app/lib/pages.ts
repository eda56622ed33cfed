// Lists that are longer than one response of the API.

/** The most rows that the API returns at once. */
export const PAGE = 1000;

/** All rows of a query. `range` returns those from `start` to `end`, both included, in a fixed order. */
export async function allRows<T extends { id: string }>(range: (start: number, end: number) => Promise<T[]>): Promise<T[]> {
  const byId = new Map<string, T>();
  for (let start = 0; ; start += PAGE) {
    const page = await range(start, start + PAGE - 1);
    // A change between two requests may move a row to the next page.
    for (const row of page) byId.set(row.id, row);
    if (page.length < PAGE) return [...byId.values()];
  }
}
