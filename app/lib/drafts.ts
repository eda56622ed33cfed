// What the user changed on a receipt and has not added yet, kept on the device.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { useCallback, useEffect, useState } from 'react';

import type { Edit } from './receipts';

export type Edits = Readonly<Record<string, Edit>>;

const key = (receiptId: string) => `edits/${receiptId}`;

/** Merges `edit` into what there is; a member that is undefined goes. */
export function merged(edits: Edits, itemId: string, edit: Edit): Edits {
  const left = Object.entries({ ...edits[itemId], ...edit }).filter(([, value]) => value !== undefined);
  const { [itemId]: _, ...others } = edits;
  return left.length ? { ...others, [itemId]: Object.fromEntries(left) } : others;
}

export function useEdits(receiptId: string | undefined) {
  const [edits, setEdits] = useState<Edits>({});
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let current = true;
    if (receiptId) {
      AsyncStorage.getItem(key(receiptId)).then((kept) => {
        if (!current) return;
        if (kept) setEdits(JSON.parse(kept));
        setReady(true);
      });
    }
    return () => {
      current = false;
    };
  }, [receiptId]);

  const keep = useCallback(
    (change: (edits: Edits) => Edits) =>
      setEdits((before) => {
        const after = change(before);
        if (receiptId) void AsyncStorage.setItem(key(receiptId), JSON.stringify(after));
        return after;
      }),
    [receiptId],
  );
  const edit = useCallback((itemId: string, changes: Edit) => keep((all) => merged(all, itemId, changes)), [keep]);
  const forget = useCallback(() => {
    setEdits({});
    if (receiptId) void AsyncStorage.removeItem(key(receiptId));
  }, [receiptId]);
  return { edits, edit, forget, ready };
}
