// What the lists do with a lot: each action is confirmed by a notice, and undone from there.
import { useQueryClient } from '@tanstack/react-query';

import { useNotice } from '@/components/ui/Notice';
import { useBackend } from './backend';
import { useMessages } from './i18n';
import { consume, type Lot, open, restore } from './inventory';

export function useLotActions() {
  const m = useMessages();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const act = async (work: () => Promise<void>, confirm: () => void, fail: (error: unknown) => void = sayProblem) => {
    try {
      await work();
      confirm();
    } catch (error) {
      fail(error);
    }
    await queries.invalidateQueries({ queryKey: ['inventory'] });
  };
  const bringBack = (lot: Lot) =>
    void act(() => restore(supabase, lot), () => {}, (error) => sayNotUndone(error, () => bringBack(lot)));
  return {
    finish: (lot: Lot) =>
      void act(() => consume(supabase, lot.id), () => say(m.inventory.done.eaten(lot.name), () => bringBack(lot))),
    open: (lot: Lot) => void act(() => open(supabase, lot.id), () => say(m.inventory.openedDone(lot.name))),
  };
}
