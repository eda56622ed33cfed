// Deleting a receipt, which a notice can undo.
import { useQueryClient } from '@tanstack/react-query';

import { useNotice } from '@/components/ui/Notice';
import { useBackend } from './backend';
import { deleteReceipt, restoreReceipt } from './corrections';
import { useMessages } from './i18n';
import { useLeave } from './leave';

export function useReceiptRemoval(receiptId: string): () => Promise<void> {
  const m = useMessages();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const leave = useLeave('/receipts');
  const refresh = () =>
    void ['receipts', 'inventory', 'statistics', 'prices'].map((key) => queries.invalidateQueries({ queryKey: [key] }));
  const putBack = async () => {
    try {
      await restoreReceipt(supabase, receiptId);
    } catch (error) {
      sayNotUndone(error, putBack);
    }
    refresh();
  };
  return async () => {
    try {
      await deleteReceipt(supabase, receiptId);
    } catch (error) {
      sayProblem(error);
      return;
    }
    leave();
    say(m.result.removed, putBack);
    refresh();
  };
}
