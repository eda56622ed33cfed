import { useState } from 'react';

import { ChangeEmail } from '@/components/account/ChangeEmail';
import { ChangePassword } from '@/components/account/ChangePassword';
import { DeleteAccount } from '@/components/account/DeleteAccount';
import { FilesCard } from '@/components/account/FilesCard';
import { Preferences } from '@/components/account/Preferences';
import { ReadingConsentCard } from '@/components/account/ReadingConsentCard';
import { RemindersCard } from '@/components/account/RemindersCard';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { useColor } from '@/components/ui/scheme';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { useOwnUploads } from '@/lib/queries';

export default function Settings() {
  const color = useColor();
  const m = useMessages();
  const { signOut, session } = useBackend();
  const uploadCount = useOwnUploads().length;
  const { sayProblem } = useNotice();
  const [sheet, setSheet] = useState<'email' | 'password' | 'deletion' | null>(null);
  const close = () => setSheet(null);

  return (
    <Page title={m.settings.title} testID="settings">
      <RemindersCard />
      <Preferences />
      <FilesCard />
      <ReadingConsentCard />
      <Card>
        <Label kind="smallStrong" tint={color.soft}>
          {m.settings.account}
        </Label>
        <Label testID="account">{session?.user.email ?? ''}</Label>
        {uploadCount ? <Label kind="small">{m.settings.waitingPhotos(uploadCount)}</Label> : null}
        <Button look="secondary" title={m.settings.changeEmail} onPress={() => setSheet('email')} testID="change-email" />
        <Button look="secondary" title={m.settings.changePassword} onPress={() => setSheet('password')} testID="change-password" />
        <Button look="danger" title={m.settings.signOut} onPress={() => signOut('here').catch(sayProblem)} testID="sign-out" />
        <Button look="dangerQuiet" title={m.settings.deletion.open} onPress={() => setSheet('deletion')} testID="delete-account" />
      </Card>
      {sheet === 'email' ? <ChangeEmail onClose={close} /> : null}
      {sheet === 'password' ? <ChangePassword onClose={close} /> : null}
      {sheet === 'deletion' && session ? <DeleteAccount user={session.user} onClose={close} /> : null}
    </Page>
  );
}
