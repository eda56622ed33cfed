import { useState } from 'react';

import { CodeField, isCode } from './CodeField';
import { Button } from '@/components/ui/Button';
import { Field } from '@/components/ui/Field';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { changeEmail, enterCode, isEmail } from '@/lib/account';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { type Problem, problemOf } from '@/lib/problem';
import { useWork } from '@/lib/work';

/** Asks for a new address, and for the code of the mail to it if the project confirms addresses. */
export function ChangeEmail({ onClose }: { onClose: () => void }) {
  const color = useColor();
  const m = useMessages();
  const { supabase } = useBackend();
  const { say } = useNotice();
  const [email, setEmail] = useState('');
  const [code, setCode] = useState('');
  const [mailSent, setMailSent] = useState(false);
  const [submitted, setSubmitted] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<Problem | null>(null);
  const valid = mailSent ? isCode(code) : isEmail(email);

  const submit = () => run(async () => {
    setSubmitted(true);
    setProblem(null);
    if (!valid) return;
    try {
      if (mailSent) await enterCode(supabase, email, code, 'email_change');
      else if (!(await changeEmail(supabase, email))) {
        setMailSent(true);
        setSubmitted(false);
        return;
      }
      say(m.settings.emailChanged);
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
  });

  return (
    <Sheet
      title={m.settings.changeEmail}
      onClose={onClose}
      testID="email-sheet"
      footer={
        <Button
          title={mailSent ? m.signIn.confirmCode : m.settings.changeEmail}
          onPress={submit}
          busy={working}
          testID="submit-email"
        />
      }
    >
      {mailSent ? (
        <>
          <Label role="status" testID="email-sent">
            {m.settings.emailSent(email.trim())}
          </Label>
          <CodeField value={code} onChange={setCode} onSubmit={submit} problem={submitted && !valid ? m.signIn.codeNeeded : null} />
        </>
      ) : (
        <Field
          label={m.settings.newEmail}
          value={email}
          onChangeText={setEmail}
          onSubmitEditing={submit}
          inputMode="email"
          autoCapitalize="none"
          autoComplete="email"
          problem={submitted && !valid ? m.signIn.emailNeeded : null}
          testID="new-email"
        />
      )}
      {problem ? (
        <Label role="alert" tint={color.danger} testID="account-problem">
          {words(m, problem)}
        </Label>
      ) : null}
    </Sheet>
  );
}
