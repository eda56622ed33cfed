import { Field } from '@/components/ui/Field';
import { useMessages } from '@/lib/i18n';

type Props = { value: string; onChange: (code: string) => void; onSubmit?: () => void; problem?: string | null };

/** The code of a mail. */
export function CodeField({ value, onChange, onSubmit, problem }: Props) {
  const m = useMessages();
  return (
    <Field
      label={m.signIn.code}
      value={value}
      onChangeText={onChange}
      onSubmitEditing={onSubmit}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={12}
      problem={problem}
      testID="code"
    />
  );
}

/** Whether a text may be the code of a mail. */
export const isCode = (text: string) => /^\d{6,10}$/.test(text.replace(/\s/g, ''));
