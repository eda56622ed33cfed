import { router } from 'expo-router';
import { useEffect, useRef } from 'react';

import { Button } from '@/components/ui/Button';
import { Check } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Sheet } from '@/components/ui/Sheet';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import type { PhotoBody } from '@/lib/photoStore';
import { useShared } from '@/lib/shared';
import { useWork } from '@/lib/work';

/**
 * Asks whether to upload what another app has shared. It asks because in a browser every site can send files this way.
 */
export function SharedPhotos() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const { sayProblem } = useNotice();
  const { shared, forget: forgetShared } = useShared();
  const { working, run } = useWork();
  /** The paths of the photos that an attempt has added, in case it fails at a later one. */
  const added = useRef(new Map<Blob | string, string>());
  const forget = () => {
    added.current.clear();
    forgetShared();
  };
  const signedIn = useRef(false);
  const forgetLatest = useRef(forget);
  useEffect(() => {
    forgetLatest.current = forget;
  });
  useEffect(() => {
    // The next user must not be asked about the photos of this one. What is shared before a user has signed in waits.
    if (signedIn.current && session === null) forgetLatest.current();
    signedIn.current = Boolean(session);
  }, [session]);
  if (!session || !shared) return null;
  const { photos, count } = shared;

  const upload = () => run(async () => {
    try {
      const paths: string[] = [];
      for (const photo of photos) {
        const key = keyOf(photo.body);
        const path = added.current.get(key) ?? (await uploads.add(session.user.id, photo));
        added.current.set(key, path);
        paths.push(path);
      }
      forget();
      if (paths.length === 1) router.push({ pathname: '/receipt-result', params: { path: paths[0] } });
      else router.navigate('/receipts');
    } catch (error) {
      sayProblem(error);
    }
  });
  const footer = photos.length ? (
    <Button icon={Check} title={m.shared.upload(photos.length)} onPress={upload} busy={working} testID="upload-shared" />
  ) : (
    <Button look="secondary" title={m.common.close} onPress={forget} testID="close-shared" />
  );
  return (
    <Sheet title={m.shared.title} onClose={forget} footer={footer} testID="shared">
      <Label>{photos.length ? m.shared.ask(photos.length) : m.shared.none}</Label>
      {photos.length && photos.length < count ? <Label testID="shared-others">{m.shared.others(count - photos.length)}</Label> : null}
    </Sheet>
  );
}

/** On a device each render makes the photos anew. */
function keyOf(body: PhotoBody): Blob | string {
  return 'uri' in body ? body.uri : body;
}
