// What the lists do with a lot: each action is confirmed by a notice, and undone from there.
import { useQueryClient } from '@tanstack/react-query';

import { useNotice } from '@/components/ui/Notice';
import { useBackend } from './backend';
import { useMessages } from './i18n';
import { type Changed, consume, type Lot, open, restore, showChanged } from './inventory';
import { useRefresh } from './refresh';

export function useLotActions() {
  const m = useMessages();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const refresh = useRefresh();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const act = async (
    lot: Lot,
    work: () => Promise<Changed>,
    confirm: () => void,
    fail: (error: unknown) => void = sayProblem,
  ): Promise<void> => {
    try {
      showChanged(queries, lot.id, await work());
      confirm();
    } catch (error) {
      fail(error);
    }
    refresh('inventory');
  };
  const bringBack = (lot: Lot): Promise<void> =>
    act(lot, () => restore(supabase, lot), () => {}, (error) => sayNotUndone(error, () => bringBack(lot)));
  return {
    finish: (lot: Lot) =>
      act(lot, () => consume(supabase, lot.id), () => say(m.inventory.done.eaten(lot.name), () => bringBack(lot))),
    open: (lot: Lot) => act(lot, () => open(supabase, lot.id), () => say(m.inventory.openedDone(lot.name))),
  };
}
