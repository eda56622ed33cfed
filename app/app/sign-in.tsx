import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Field } from '@/components/ui/Field';
import { Refrigerator } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Page } from '@/components/ui/Page';
import { color, radius, space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { type Problem, problemOf } from '@/lib/problem';

const SHORTEST_PASSWORD = 8;

export default function SignIn() {
  const m = useMessages();
  const { supabase, ended } = useBackend();
  const [signingUp, setSigningUp] = useState(false);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [mailSent, setMailSent] = useState(false);
  const [submitted, setSubmitted] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const emailWrong = !/^\S+@\S+$/.test(email.trim());
  const passwordWrong = password.length < (signingUp ? SHORTEST_PASSWORD : 1);

  const submit = async () => {
    setSubmitted(true);
    setProblem(null);
    if (emailWrong || passwordWrong) return;
    setBusy(true);
    const credentials = { email: email.trim(), password };
    try {
      const { data, error } = signingUp ? await supabase.auth.signUp(credentials) : await supabase.auth.signInWithPassword(credentials);
      if (error) setProblem(problemOf(error));
      else if (!data.session) setMailSent(true);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page testID="sign-in">
      <View style={styles.head}>
        <View style={styles.mark}>
          <Refrigerator size={36} color={color.onBrand} />
        </View>
        <Label kind="hero" aria-level={1}>{m.name}</Label>
        <Label tint={color.soft}>{m.tagline}</Label>
      </View>
      <Card style={styles.form}>
        {ended ? (
          <Label role="alert" testID="session-ended">
            {m.problems.unauthorized}
          </Label>
        ) : null}
        <Field
          label={m.signIn.email}
          value={email}
          onChangeText={setEmail}
          inputMode="email"
          autoCapitalize="none"
          autoComplete="email"
          problem={submitted && emailWrong ? m.signIn.emailNeeded : null}
          testID="email"
        />
        <Field
          label={m.signIn.password}
          hint={signingUp ? m.signIn.passwordHint : undefined}
          value={password}
          onChangeText={setPassword}
          onSubmitEditing={() => void submit()}
          secureTextEntry
          autoComplete={signingUp ? 'new-password' : 'current-password'}
          problem={submitted && passwordWrong ? m.signIn.passwordNeeded : null}
          testID="password"
        />
        {problem ? (
          <Label role="alert" tint={color.danger} testID="sign-in-problem">
            {words(m, problem)}
          </Label>
        ) : null}
        {mailSent ? <Label role="status">{m.signIn.checkMail}</Label> : null}
        <Button
          title={signingUp ? m.signIn.signUp : m.signIn.signIn}
          onPress={() => void submit()}
          busy={busy}
          testID="submit"
        />
        <Button
          look="quiet"
          title={signingUp ? m.signIn.toSignIn : m.signIn.toSignUp}
          onPress={() => {
            setSigningUp(!signingUp);
            setSubmitted(false);
            setProblem(null);
          }}
          testID="switch-sign-in"
        />
      </Card>
    </Page>
  );
}

const styles = StyleSheet.create({
  head: { alignItems: 'center', gap: space.xs, paddingVertical: space.xl },
  mark: {
    width: 72,
    height: 72,
    borderRadius: radius.l,
    backgroundColor: color.brand,
    alignItems: 'center',
    justifyContent: 'center',
    marginBottom: space.s,
  },
  form: { width: '100%', maxWidth: 420, alignSelf: 'center', gap: space.l },
});
