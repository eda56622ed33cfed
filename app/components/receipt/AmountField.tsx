import { useState } from 'react';

import { Field } from '@/components/ui/Field';
import { wonIn } from '@/lib/corrections';
import { useMessages } from '@/lib/i18n';

/** The printed amount of an item. Sent when the field is left; an amount that cannot be used stays, with the reason. */
export function AmountField({ amount, onChange }: { amount: number | null; onChange: (won: number) => void }) {
  const m = useMessages();
  const [text, setText] = useState(amount === null ? '' : String(amount));
  const won = wonIn(text);
  const wrong = text.trim() !== '' && won === undefined;
  return (
    <Field
      label={m.editor.amount}
      value={text}
      onChangeText={setText}
      onBlur={() => won !== undefined && won !== amount && onChange(won)}
      inputMode="numeric"
      maxLength={15}
      problem={wrong ? m.result.wonNeeded : null}
      testID="edit-amount"
    />
  );
}
