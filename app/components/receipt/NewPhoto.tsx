import { router } from 'expo-router';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Camera, FileText, Images } from '@/components/ui/icons';
import { useNotice } from '@/components/ui/Notice';
import { space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { askForPdf, askForPhoto, type Photo } from '@/lib/photo';
import { useWork } from '@/lib/work';

/** Take or pick a photo, or pick a PDF. Each opens the result screen, which first shows the upload. */
export function NewPhoto() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const { sayProblem } = useNotice();
  const { working, run } = useWork();

  const start = (ask: () => Promise<Photo | null>) => run(async () => {
    if (!session) return;
    try {
      const photo = await ask();
      if (!photo) return;
      const path = await uploads.add(session.user.id, photo);
      router.push({ pathname: '/receipt-result', params: { path } });
    } catch (error) {
      sayProblem(error);
    }
  });

  return (
    <View style={styles.all}>
      <View style={styles.row}>
        <Button icon={Camera} title={m.receipts.camera} onPress={() => start(() => askForPhoto('camera'))} disabled={working} style={styles.grow} testID="take-photo" />
        <Button
          icon={Images}
          look="secondary"
          title={m.receipts.gallery}
          onPress={() => start(() => askForPhoto('gallery'))}
          disabled={working}
          style={styles.grow}
          testID="pick-photo"
        />
      </View>
      <Button
        compact
        icon={FileText}
        look="quiet"
        title={m.receipts.pdf}
        onPress={() => start(askForPdf)}
        disabled={working}
        testID="pick-pdf"
      />
    </View>
  );
}

const styles = StyleSheet.create({ all: { gap: space.xs }, row: { flexDirection: 'row', gap: space.s }, grow: { flex: 1 } });
