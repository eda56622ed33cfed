// Queries that are sent again after an action has changed what they show.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** The first part of the keys of the queries that change together. */
export type Topic = 'receipts' | 'inventory' | 'statistics' | 'prices';

/** Returns a function that sends queries again. No press waits for it: the screen shows what the server has answered. */
export function useRefresh(): (...topics: readonly Topic[]) => void {
  const queries = useQueryClient();
  return useCallback(
    (...topics) => {
      for (const topic of topics) void queries.invalidateQueries({ queryKey: [topic] });
    },
    [queries],
  );
}
