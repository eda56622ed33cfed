// What the user changed on a receipt and has not added yet, kept on the device.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { useCallback, useEffect, useState } from 'react';

import { changed, type Edit, type Item } from './receipts';

export type Edits = Readonly<Record<string, Edit>>;

const ofUser = (userId: string) => `edits/${userId}/`;
const key = (userId: string, receiptId: string) => ofUser(userId) + receiptId;

/** Forgets what that user changed, on every receipt. */
export async function forgetEdits(userId: string): Promise<void> {
  const keys = await AsyncStorage.getAllKeys();
  await AsyncStorage.multiRemove(keys.filter((each) => each.startsWith(ofUser(userId))));
}

/** Merges `edit` into what there is. A member that is undefined goes, and so does what is as it was offered. */
export function merged(edits: Edits, item: Item, edit: Edit): Edits {
  const left = changed(item, { ...edits[item.id], ...edit });
  const { [item.id]: _, ...others } = edits;
  return Object.keys(left).length ? { ...others, [item.id]: left } : others;
}

/** What holds of the edits by now: the server may offer something else since. */
export function current(edits: Edits, items: readonly Item[]): Edits {
  return items.filter(({ id }) => id in edits).reduce((all, item) => merged(all, item, {}), edits);
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
  const edit = useCallback((item: Item, changes: Edit) => keep((all) => merged(all, item, changes)), [keep]);
  const forget = useCallback(() => {
    setEdits({});
    if (place) void AsyncStorage.removeItem(place);
  }, [place]);
  return { edits, edit, forget, ready };
}
