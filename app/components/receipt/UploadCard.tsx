import { View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Trash, Undo } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { formatMoment, useLanguage, words } from '@/lib/i18n';
import type { Upload } from '@/lib/uploads';

type Props = { upload: Upload; onRetry: () => void; onDiscard: () => void };

/** An upload in progress: its progress or its problem, and a note that the photo is safe. */
export function UploadCard({ upload, onRetry, onDiscard }: Props) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const percent = Math.round(upload.progress * 100);
  const problem = upload.refused ?? upload.problem;
  const title = upload.retryAt ? m.uploads.waitingUntil(formatMoment(upload.retryAt, language)) : m.uploads.waiting;
  return (
    <Card testID="upload" aria-label={m.uploads.title}>
      <Label kind="strong">{upload.state === 'sending' ? m.uploads.sending(percent) : title}</Label>
      <View
        style={styles.track}
        role="progressbar"
        aria-label={m.result.uploading}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <View style={[styles.bar, { width: `${percent}%` }]} />
      </View>
      {problem ? (
        <Label kind="small" tint={color.danger} role="alert" testID="upload-problem">
          {upload.retryAt ? m.uploads.limited : words(m, { code: problem })}
        </Label>
      ) : null}
      {problem && !upload.refused ? (
        <Label kind="small" tint={color.soft}>
          {m.uploads.safe}
        </Label>
      ) : null}
      {problem ? (
        <View style={styles.actions}>
          {upload.refused ? null : (
            <Button compact look="secondary" icon={Undo} title={m.uploads.again} onPress={onRetry} testID="upload-retry" />
          )}
          <Button compact look="danger" icon={Trash} title={m.uploads.discard} onPress={onDiscard} testID="upload-discard" />
        </View>
      ) : null}
    </Card>
  );
}

const useStyles = themed((color) => ({
  track: { height: 6, borderRadius: radius.round, backgroundColor: color.idleSoft, overflow: 'hidden' },
  bar: { height: 6, backgroundColor: color.brand },
  actions: { flexDirection: 'row', gap: space.s, flexWrap: 'wrap' },
}));
