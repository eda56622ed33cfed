// What the user changed on a receipt and has not added yet, kept on the device.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { useCallback, useEffect, useState } from 'react';

import type { Edit } from './receipts';

export type Edits = Readonly<Record<string, Edit>>;

const ofUser = (userId: string) => `edits/${userId}/`;
const key = (userId: string, receiptId: string) => ofUser(userId) + receiptId;

/** Forgets what that user changed, on every receipt. */
export async function forgetEdits(userId: string): Promise<void> {
  const keys = await AsyncStorage.getAllKeys();
  await AsyncStorage.multiRemove(keys.filter((each) => each.startsWith(ofUser(userId))));
}

/** Merges `edit` into what there is; a member that is undefined goes. */
export function merged(edits: Edits, itemId: string, edit: Edit): Edits {
  const left = Object.entries({ ...edits[itemId], ...edit }).filter(([, value]) => value !== undefined);
  const { [itemId]: _, ...others } = edits;
  return left.length ? { ...others, [itemId]: Object.fromEntries(left) } : others;
}

export function useEdits(userId: string | undefined, receiptId: string | undefined) {
  const place = userId && receiptId && key(userId, receiptId);
  const [edits, setEdits] = useState<Edits>({});
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let current = true;
    if (place) {
      AsyncStorage.getItem(place).then((kept) => {
        if (!current) return;
        if (kept) setEdits(JSON.parse(kept));
        setReady(true);
      });
    }
    return () => {
      current = false;
    };
  }, [place]);

  const keep = useCallback(
    (change: (edits: Edits) => Edits) =>
      setEdits((before) => {
        const after = change(before);
        if (place) void AsyncStorage.setItem(place, JSON.stringify(after));
        return after;
      }),
    [place],
  );
  const edit = useCallback((itemId: string, changes: Edit) => keep((all) => merged(all, itemId, changes)), [keep]);
  const forget = useCallback(() => {
    setEdits({});
    if (place) void AsyncStorage.removeItem(place);
  }, [place]);
  return { edits, edit, forget, ready };
}
