import { router } from 'expo-router';
import { useState } from 'react';

import { CodeField, isCode } from '@/components/account/CodeField';
import { isPassword, PasswordField } from '@/components/account/PasswordField';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Field } from '@/components/ui/Field';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { useColor } from '@/components/ui/scheme';
import { askForReset, changePassword, enterCode, isEmail } from '@/lib/account';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { type Problem, problemOf } from '@/lib/problem';
import { useWork } from '@/lib/work';

/**
 * A forgotten password, in three steps: the address, the code of the mail, a new password. The link of the mail leads
 * to the third: it has signed the user in.
 */
export default function ResetPassword() {
  const color = useColor();
  const m = useMessages();
  const { supabase, session } = useBackend();
  const { say } = useNotice();
  const [email, setEmail] = useState('');
  const [mailSent, setMailSent] = useState(false);
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [submitted, setSubmitted] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<Problem | null>(null);
  const step = session ? 'password' : mailSent ? 'code' : 'email';

  const valid = { email: isEmail(email), code: isCode(code), password: isPassword(password, true) }[step];
  const work = async () => {
    if (step === 'email') {
      await askForReset(supabase, email);
      setMailSent(true);
    } else if (step === 'code') {
      await enterCode(supabase, email, code, 'recovery');
    } else {
      await changePassword(supabase, password);
      say(m.settings.passwordChanged);
      router.replace('/');
    }
  };
  const submit = () => run(async () => {
    setSubmitted(true);
    setProblem(null);
    if (!valid) return;
    try {
      await work();
      setSubmitted(false);
    } catch (error) {
      setProblem(problemOf(error));
    }
  });

  return (
    <Page title={m.signIn.reset} back testID="reset-password">
      <Card>
        {step === 'email' ? (
          <>
            <Label>{m.signIn.resetHint}</Label>
            <Field
              label={m.signIn.email}
              value={email}
              onChangeText={setEmail}
              onSubmitEditing={submit}
              inputMode="email"
              autoCapitalize="none"
              autoComplete="email"
              problem={submitted && !valid ? m.signIn.emailNeeded : null}
              testID="email"
            />
          </>
        ) : step === 'code' ? (
          <>
            <Label role="status" testID="reset-sent">
              {m.signIn.resetSent}
            </Label>
            <CodeField value={code} onChange={setCode} onSubmit={submit} problem={submitted && !valid ? m.signIn.codeNeeded : null} />
          </>
        ) : (
          <PasswordField label={m.signIn.newPassword} value={password} onChange={setPassword} onSubmit={submit} fresh submitted={submitted} />
        )}
        {problem ? (
          <Label role="alert" tint={color.danger} testID="reset-problem">
            {words(m, problem)}
          </Label>
        ) : null}
        <Button
          title={{ email: m.signIn.sendMail, code: m.signIn.confirmCode, password: m.settings.changePassword }[step]}
          onPress={submit}
          busy={working}
          testID="submit"
        />
        {step === 'code' ? (
          <Button look="quiet" title={m.signIn.sendAgain} onPress={() => setMailSent(false)} testID="send-again" />
        ) : null}
      </Card>
    </Page>
  );
}
