import { useQueryClient } from '@tanstack/react-query';
import { useLocalSearchParams } from 'expo-router';
import { useRef, useState } from 'react';

import { LotEditor } from '@/components/inventory/LotEditor';
import { LotHistory } from '@/components/inventory/LotHistory';
import { PriceHistory } from '@/components/inventory/PriceHistory';
import { CircleAlert } from '@/components/ui/icons';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Loaded, State } from '@/components/ui/State';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { change, type Changed, consume, type Lot, move, open, putBack, type Reason, remove, restore, showChanged } from '@/lib/inventory';
import { useLeave } from '@/lib/leave';
import { useCategories, useLot } from '@/lib/queries';
import { useRefresh } from '@/lib/refresh';

/** One lot of the inventory: its actions and its history. */
export default function InventoryItem() {
  const m = useMessages();
  const { id } = useLocalSearchParams<{ id: string }>();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const refresh = useRefresh();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const leave = useLeave('/inventory');
  const query = useLot(id);
  const categories = useCategories();
  const stored = query.data?.lot;
  const [busy, setBusy] = useState(false);

  const latest = useRef<Promise<boolean>>(Promise.resolve(true));
  /** One after the other: of two places that are chosen quickly, the second is where the lot is. */
  const act = (work: () => Promise<Changed | void>, fail: (error: unknown) => void = sayProblem): Promise<boolean> => {
    setBusy(true);
    const done = latest.current.then(async () => {
      try {
        const changed = await work();
        if (changed) showChanged(queries, id, changed);
        return true;
      } catch (error) {
        fail(error);
        return false;
      } finally {
        if (latest.current === done) setBusy(false);
        refresh('inventory');
      }
    });
    latest.current = done;
    return done;
  };
  const undo = (work: () => Promise<Changed | void>): Promise<boolean> => act(work, (error) => sayNotUndone(error, () => undo(work)));
  const finish = async (lot: Lot, reason: Reason) => {
    if (await act(() => consume(supabase, lot.id, 0, reason))) {
      say(m.inventory.done[reason](lot.name), () => undo(() => restore(supabase, lot)));
    }
  };
  const discard = async (lot: Lot) => {
    if (!(await act(() => remove(supabase, lot.id)))) return false;
    showChanged(queries, lot.id, null);
    leave();
    say(m.inventory.removed(lot.name), () => undo(() => putBack(supabase, lot.id)));
    refresh('receipts');
    return true;
  };

  return (
    <Page title={stored?.name ?? m.inventory.detail} back testID="inventory-item">
      <Loaded query={query}>
        {({ lot, steps }) =>
          lot ? (
            <>
              <LotEditor
                key={lot.id}
                lot={lot}
                categories={categories.data ?? []}
                busy={busy}
                onMove={(storage) => act(() => move(supabase, lot.id, storage))}
                onOpen={() => act(() => open(supabase, lot.id))}
                onUseUp={(reason) => finish(lot, reason)}
                onUseSome={(remaining) => act(() => consume(supabase, lot.id, remaining))}
                onChange={(changes) => act(() => change(supabase, lot.id, changes))}
                onRestore={() => act(() => restore(supabase, lot))}
                onRemove={() => discard(lot)}
              />
              <PriceHistory lot={lot} />
              {query.isPlaceholderData ? null : <LotHistory steps={steps} />}
            </>
          ) : (
            <State icon={CircleAlert} title={m.inventory.gone} hint={m.inventory.goneHint} testID="state-missing" />
          )
        }
      </Loaded>
    </Page>
  );
}
