import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { DeleteAccount } from '@/components/account/DeleteAccount';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { color, space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useLanguage } from '@/lib/i18n';
import { useUploads } from '@/lib/queries';

export default function Settings() {
  const { m, language, choose } = useLanguage();
  const { signOut, session } = useBackend();
  const uploadCount = useUploads().filter(({ userId }) => userId === session?.user.id).length;
  const { sayProblem } = useNotice();
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState(false);

  const leave = async () => {
    setBusy(true);
    await signOut('here').catch(sayProblem);
    setBusy(false);
  };

  return (
    <Page title={m.settings.title} testID="settings">
      <Card>
        <Label kind="smallStrong" tint={color.soft}>
          {m.settings.language}
        </Label>
        <View style={styles.row} role="radiogroup" aria-label={m.settings.language}>
          <Choice text={m.settings.korean} selected={language === 'ko'} onPress={() => choose('ko')} testID="language-ko" />
          <Choice text={m.settings.english} selected={language === 'en'} onPress={() => choose('en')} testID="language-en" />
        </View>
      </Card>
      <Card>
        <Label kind="smallStrong" tint={color.soft}>
          {m.settings.account}
        </Label>
        <Label testID="account">{session?.user.email ?? ''}</Label>
        {uploadCount ? <Label kind="small">{m.settings.waitingPhotos(uploadCount)}</Label> : null}
        <Button look="danger" title={m.settings.signOut} onPress={() => void leave()} busy={busy} testID="sign-out" />
        <Button look="dangerQuiet" title={m.settings.deletion.open} onPress={() => setLeaving(true)} testID="delete-account" />
      </Card>
      {leaving && session ? <DeleteAccount user={session.user} onClose={() => setLeaving(false)} /> : null}
    </Page>
  );
}

const styles = StyleSheet.create({ row: { flexDirection: 'row', gap: space.s, flexWrap: 'wrap' } });
