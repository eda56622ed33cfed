// Deleting a receipt, which a notice can undo.
import { useNotice } from '@/components/ui/Notice';
import { useBackend } from './backend';
import { deleteReceipt, restoreReceipt } from './corrections';
import { useMessages } from './i18n';
import { useLeave } from './leave';
import { useRefresh } from './refresh';

export function useReceiptRemoval(receiptId: string): () => Promise<void> {
  const m = useMessages();
  const { supabase } = useBackend();
  const refresh = useRefresh();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const leave = useLeave('/receipts');
  const refreshAll = () => refresh('receipts', 'inventory', 'statistics', 'prices');
  const putBack = async () => {
    try {
      await restoreReceipt(supabase, receiptId);
    } catch (error) {
      sayNotUndone(error, putBack);
    }
    refreshAll();
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
    refreshAll();
  };
}
