import { useQuery } from '@tanstack/react-query';
import { router } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';

import { CodeField, isCode } from '@/components/account/CodeField';
import { isPassword, PasswordField } from '@/components/account/PasswordField';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Field } from '@/components/ui/Field';
import { IconButton } from '@/components/ui/IconButton';
import { Refrigerator, Settings } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Page } from '@/components/ui/Page';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { enterCode, isEmail, signIn, signInWith, signUp, socialProviders } from '@/lib/account';
import { useBackend } from '@/lib/backend';
import { useMessages, words } from '@/lib/i18n';
import { type Problem, problemOf } from '@/lib/problem';
import { useWork } from '@/lib/work';

export default function SignIn() {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { config, supabase, ended } = useBackend();
  const providers = useQuery({ queryKey: ['providers'], queryFn: () => socialProviders(config), staleTime: Infinity });
  const [signingUp, setSigningUp] = useState(false);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [mailSent, setMailSent] = useState(false);
  const [submitted, setSubmitted] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<Problem | null>(null);

  const act = (work: () => Promise<unknown>) =>
    run(async () => {
      setProblem(null);
      try {
        await work();
      } catch (error) {
        setProblem(problemOf(error));
      }
    });
  const submit = () => {
    setSubmitted(true);
    if (!isEmail(email) || !isPassword(password, signingUp)) return setProblem(null);
    act(async () => {
      if (!signingUp) await signIn(supabase, email, password);
      else if (await signUp(supabase, email, password)) setMailSent(true);
    });
  };
  const confirm = () => {
    if (isCode(code)) act(() => enterCode(supabase, email, code, 'signup'));
  };

  return (
    <Page
      aside={
        <View style={styles.corner}>
          <IconButton icon={Settings} label={m.settings.title} onPress={() => router.push('/preferences')} testID="open-preferences" />
        </View>
      }
      testID="sign-in"
    >
      <View style={styles.head}>
        <View style={styles.mark}>
          <Refrigerator size={36} color={color.onBrand} />
        </View>
        <Label kind="hero" aria-level={1}>
          {m.name}
        </Label>
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
          problem={submitted && !isEmail(email) ? m.signIn.emailNeeded : null}
          testID="email"
        />
        <PasswordField
          label={m.signIn.password}
          value={password}
          onChange={setPassword}
          onSubmit={submit}
          fresh={signingUp}
          submitted={submitted}
        />
        {problem ? (
          <Label role="alert" tint={color.danger} testID="sign-in-problem">
            {words(m, problem)}
          </Label>
        ) : null}
        {mailSent ? (
          <>
            <Label role="status">{m.signIn.checkMail}</Label>
            <CodeField value={code} onChange={setCode} onSubmit={confirm} />
            <Button title={m.signIn.confirmCode} onPress={confirm} disabled={!isCode(code)} busy={working} testID="confirm-code" />
          </>
        ) : null}
        <Button
          look={mailSent ? 'secondary' : 'primary'}
          title={signingUp ? m.signIn.signUp : m.signIn.signIn}
          onPress={submit}
          busy={working}
          testID="submit"
        />
        {(providers.data ?? []).map((provider) => (
          <Button
            key={provider}
            look="secondary"
            title={m.signIn.with[provider]}
            onPress={() => act(() => signInWith(supabase, provider))}
            disabled={working}
            testID={`sign-in-${provider}`}
          />
        ))}
        <Button
          look="quiet"
          title={signingUp ? m.signIn.toSignIn : m.signIn.toSignUp}
          onPress={() => {
            setSigningUp(!signingUp);
            setSubmitted(false);
            setMailSent(false);
            setProblem(null);
          }}
          testID="switch-sign-in"
        />
        {signingUp ? null : (
          <Button look="quiet" title={m.signIn.forgot} onPress={() => router.push('/reset-password')} testID="forgot-password" />
        )}
      </Card>
    </Page>
  );
}

const useStyles = themed((color) => ({
  corner: { flex: 1, alignItems: 'flex-end' },
  head: { alignItems: 'center', gap: space.xs, paddingBottom: space.xl },
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
}));
