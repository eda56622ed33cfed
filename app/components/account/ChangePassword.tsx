import { useState } from 'react';

import { CodeField, isCode } from './CodeField';
import { isPassword, PasswordField } from './PasswordField';
import { Button } from '@/components/ui/Button';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { askForCode, changePassword } from '@/lib/account';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { type Problem, problemOf } from '@/lib/problem';
import { useWork } from '@/lib/work';

/** Asks for a new password, and for the code of a mail if the user signed in long ago. */
export function ChangePassword({ onClose }: { onClose: () => void }) {
  const color = useColor();
  const m = useMessages();
  const { supabase } = useBackend();
  const { say } = useNotice();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codeSent, setCodeSent] = useState(false);
  const [submitted, setSubmitted] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<Problem | null>(null);
  const valid = isPassword(password, true) && (!codeSent || isCode(code));

  const submit = () => run(async () => {
    setSubmitted(true);
    setProblem(null);
    if (!valid) return;
    try {
      await changePassword(supabase, password, codeSent ? code : undefined);
      say(m.settings.passwordChanged);
      onClose();
    } catch (error) {
      const reason = problemOf(error);
      if (reason.code === 'reauthentication_needed' && !codeSent) {
        await askForCode(supabase).then(
          () => {
            setSubmitted(false);
            setCodeSent(true);
          },
          (failure: unknown) => setProblem(problemOf(failure)),
        );
      } else setProblem(reason);
    }
  });

  return (
    <Sheet
      title={m.settings.changePassword}
      onClose={onClose}
      testID="password-sheet"
      footer={<Button title={m.settings.changePassword} onPress={submit} busy={working} testID="submit-password" />}
    >
      <PasswordField label={m.signIn.newPassword} value={password} onChange={setPassword} onSubmit={submit} fresh submitted={submitted} />
      {codeSent ? (
        <>
          <Label role="status">{m.settings.codeSent}</Label>
          <CodeField value={code} onChange={setCode} onSubmit={submit} problem={submitted && !isCode(code) ? m.signIn.codeNeeded : null} />
        </>
      ) : null}
      {problem ? (
        <Label role="alert" tint={color.danger} testID="account-problem">
          {words(m, problem)}
        </Label>
      ) : null}
    </Sheet>
  );
}
