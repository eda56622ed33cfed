import { Field } from '@/components/ui/Field';
import { useMessages } from '@/lib/i18n';

type Props = { value: string; onChange: (text: string) => void; onLeave: () => void; wrong: boolean };

/** The printed amount of an item. An amount that cannot be used stays, with the reason. */
export function AmountField({ value, onChange, onLeave, wrong }: Props) {
  const m = useMessages();
  return (
    <Field
      label={m.editor.amount}
      value={value}
      onChangeText={onChange}
      onBlur={onLeave}
      inputMode="numeric"
      maxLength={15}
      problem={wrong ? m.result.wonNeeded : null}
      testID="edit-amount"
    />
  );
}
