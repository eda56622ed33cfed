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
  const { say, sayProblem } = useNotice();
  const act = async (work: () => Promise<void>, confirmation?: string, undo?: () => void) => {
    try {
      await work();
      if (confirmation) say(confirmation, undo);
    } catch (error) {
      sayProblem(error);
    }
    await queries.invalidateQueries({ queryKey: ['inventory'] });
  };
  return {
    finish: (lot: Lot) =>
      void act(
        () => consume(supabase, lot.id),
        m.inventory.done.eaten(lot.name),
        () => void act(() => restore(supabase, lot)),
      ),
    open: (lot: Lot) => void act(() => open(supabase, lot.id), m.inventory.openedDone(lot.name)),
  };
}
