import { router } from 'expo-router';
import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Camera, FileText, Images } from '@/components/ui/icons';
import { useNotice } from '@/components/ui/Notice';
import { space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { askForPdf, askForPhoto, type Photo } from '@/lib/photo';

/** Take or pick a photo, or pick a PDF. Each opens the result screen, which first shows the upload. */
export function NewPhoto() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const { sayProblem } = useNotice();
  const [busy, setBusy] = useState(false);

  const start = async (ask: () => Promise<Photo | null>) => {
    if (!session) return;
    setBusy(true);
    try {
      const photo = await ask();
      if (!photo) return;
      const path = await uploads.add(session.user.id, photo);
      router.push({ pathname: '/receipt-result', params: { path } });
    } catch (error) {
      sayProblem(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <View style={styles.all}>
      <View style={styles.row}>
        <Button icon={Camera} title={m.receipts.camera} onPress={() => void start(() => askForPhoto('camera'))} disabled={busy} style={styles.grow} testID="take-photo" />
        <Button
          icon={Images}
          look="secondary"
          title={m.receipts.gallery}
          onPress={() => void start(() => askForPhoto('gallery'))}
          disabled={busy}
          style={styles.grow}
          testID="pick-photo"
        />
      </View>
      <Button
        compact
        icon={FileText}
        look="quiet"
        title={m.receipts.pdf}
        onPress={() => void start(askForPdf)}
        disabled={busy}
        testID="pick-pdf"
      />
    </View>
  );
}

const styles = StyleSheet.create({ all: { gap: space.xs }, row: { flexDirection: 'row', gap: space.s }, grow: { flex: 1 } });
