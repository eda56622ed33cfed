// The user's edits to a receipt's line items that are not added yet, stored on the device.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { useCallback, useEffect, useState } from 'react';

import { changed, type Edit, type Item } from './receipts';

export type Edits = Readonly<Record<string, Edit>>;

const ofUser = (userId: string) => `edits/${userId}/`;
const key = (userId: string, receiptId: string) => ofUser(userId) + receiptId;

/** Deletes the user's edits of every receipt. */
export async function forgetEdits(userId: string): Promise<void> {
  const keys = await AsyncStorage.getAllKeys();
  await AsyncStorage.multiRemove(keys.filter((each) => each.startsWith(ofUser(userId))));
}

/** Merges `edit` into the edits. Members that are undefined or equal to the offered value are removed. */
export function merged(edits: Edits, item: Item, edit: Edit): Edits {
  const changes = changed(item, { ...edits[item.id], ...edit });
  const { [item.id]: _, ...others } = edits;
  return Object.keys(changes).length ? { ...others, [item.id]: changes } : others;
}

/** The edits that still differ from what the server offers now. */
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
      AsyncStorage.getItem(place).then((text) => {
        if (!current) return;
        if (text) setEdits(JSON.parse(text));
        setReady(true);
      });
    }
    return () => {
      current = false;
    };
  }, [place]);

  const update = useCallback(
    (change: (edits: Edits) => Edits) =>
      setEdits((before) => {
        const after = change(before);
        if (place) void AsyncStorage.setItem(place, JSON.stringify(after));
        return after;
      }),
    [place],
  );
  const edit = useCallback((item: Item, changes: Edit) => update((all) => merged(all, item, changes)), [update]);
  const forget = useCallback(() => {
    setEdits({});
    if (place) void AsyncStorage.removeItem(place);
  }, [place]);
  return { edits, edit, forget, ready };
}
