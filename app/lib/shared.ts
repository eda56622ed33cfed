// Photos and PDFs that other apps share with this one, on a device.
import { useIncomingShare } from 'expo-sharing';

import { type Photo, uploadable } from './photo';

/** Null if nothing was shared. `photos` lacks the files that are neither photos nor PDFs. */
export type Shared = { photos: Photo[]; count: number } | null;

/** What was shared, until `forget` is called. */
export function useShared(): { shared: Shared; forget: () => void } {
  const { resolvedSharedPayloads: payloads, clearSharedPayloads, refreshSharePayloads } = useIncomingShare();
  const photos = payloads.flatMap(({ contentUri, contentMimeType }) =>
    (contentUri && uploadable({ body: { uri: contentUri }, contentType: contentMimeType ?? '' })) || [],
  );
  const forget = () => {
    clearSharedPayloads();
    // The hook looks again only when the app comes to the foreground.
    void refreshSharePayloads();
  };
  return { shared: payloads.length ? { photos, count: payloads.length } : null, forget };
}
