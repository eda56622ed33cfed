import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Sheet } from '@/components/ui/Sheet';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { deleteAccount } from '@/lib/account';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';
import { useWork } from '@/lib/work';

type Props = { user: { id: string; email?: string }; onClose: () => void };

/** Asks twice: first lists what is deleted, then names the account. */
export function DeleteAccount({ user, onClose }: Props) {
  const color = useColor();
  const m = useMessages();
  const texts = m.settings.deletion;
  const backend = useBackend();
  const { say, sayProblem } = useNotice();
  const [sure, setSure] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState('');

  const leave = () => run(async () => {
    setProblem('');
    let requested = false;
    try {
      await deleteAccount(backend, user.id, () => {
        requested = true;
        onClose();
      });
      say(texts.asked);
    } catch (error) {
      if (requested) return sayProblem(error);
      setProblem(words(m, problemOf(error)));
    }
  });

  return (
    <Sheet title={texts.open} onClose={onClose} testID="delete-sheet">
      {sure ? (
        <>
          <View style={styles.texts}>
            <Label kind="large">{texts.last(user.email ?? '')}</Label>
            <Label>{texts.lastHint}</Label>
          </View>
          {problem ? (
            <Label tint={color.danger} role="alert" testID="delete-problem">
              {problem}
            </Label>
          ) : null}
          <Button look="danger" title={texts.confirm} onPress={leave} busy={working} testID="delete-confirm" />
        </>
      ) : (
        <>
          <View style={styles.texts}>
            <Label kind="strong">{texts.lead}</Label>
            {texts.gone.map((each) => (
              <View key={each} style={styles.point}>
                <Label aria-hidden>•</Label>
                <Label style={styles.shrink}>{each}</Label>
              </View>
            ))}
            <Label kind="small" tint={color.soft}>
              {texts.stays}
            </Label>
          </View>
          <Button look="danger" title={texts.next} onPress={() => setSure(true)} testID="delete-continue" />
        </>
      )}
      <Button look="secondary" title={texts.keep} onPress={onClose} disabled={working} testID="delete-cancel" />
    </Sheet>
  );
}

const styles = StyleSheet.create({
  texts: { gap: space.s },
  point: { flexDirection: 'row', gap: space.s },
  shrink: { flexShrink: 1 },
});
