// Adding a lot without a receipt: the inventory shows it at once, and a notice confirms it.
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { useNotice } from '@/components/ui/Notice';
import { useBackend } from './backend';
import { useMessages } from './i18n';
import { addLot, type NewLot, showAdded } from './inventory';
import { useCategories } from './queries';
import { useRefresh } from './refresh';
import { useWork } from './work';

/** `add` does nothing while it adds another lot; `onAdded` is called when the server has the lot. */
export function useLotAdding(onAdded: () => void) {
  const m = useMessages();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const refresh = useRefresh();
  const { say } = useNotice();
  const categories = useCategories().data;
  const { run } = useWork();
  const { mutateAsync, isPending, error, reset } = useMutation({
    mutationFn: (lot: NewLot) => addLot(supabase, lot),
    onSuccess: (row, lot) => {
      showAdded(queries, [row], () => categories?.find(({ code }) => code === lot.category));
      say(m.barcode.added(lot.name));
      refresh('inventory');
      onAdded();
    },
  });
  return { add: (lot: NewLot) => run(() => mutateAsync(lot)), adding: isPending, error, reset };
}
