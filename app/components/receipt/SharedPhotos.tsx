import { router } from 'expo-router';
import { useState } from 'react';

import { Button } from '@/components/ui/Button';
import { Check } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Sheet } from '@/components/ui/Sheet';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { useShared } from '@/lib/shared';

/**
 * Asks whether to upload what another app has shared. It asks because in a browser every site can send files this way.
 */
export function SharedPhotos() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const { sayProblem } = useNotice();
  const { shared, forget } = useShared();
  const [busy, setBusy] = useState(false);
  if (!session || !shared) return null;
  const { photos, count } = shared;

  const upload = async () => {
    setBusy(true);
    try {
      const paths: string[] = [];
      for (const photo of photos) paths.push(await uploads.add(session.user.id, photo));
      forget();
      if (paths.length === 1) router.push({ pathname: '/receipt-result', params: { path: paths[0] } });
      else router.navigate('/receipts');
    } catch (error) {
      sayProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const footer = photos.length ? (
    <Button icon={Check} title={m.shared.upload(photos.length)} onPress={() => void upload()} busy={busy} testID="upload-shared" />
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
