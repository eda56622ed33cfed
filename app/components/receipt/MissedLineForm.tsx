import * as Crypto from 'expo-crypto';
import { useState } from 'react';

import { CategoryPicker } from '@/components/food/CategoryPicker';
import { Button } from '@/components/ui/Button';
import { Field } from '@/components/ui/Field';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { Stepper } from '@/components/ui/Stepper';
import { type MissedLine, wonIn } from '@/lib/corrections';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';
import type { Category } from '@/lib/receipts';
import { useWork } from '@/lib/work';

type Props = {
  categories: readonly Category[];
  /** Rejects with the problem that is shown. */
  onAdd: (line: MissedLine) => Promise<void>;
  onClose: () => void;
};

/** Adds a line that was not read. */
export function MissedLineForm({ categories, onAdd, onClose }: Props) {
  const color = useColor();
  const m = useMessages();
  // One id for all attempts, so that retries add one line.
  const [id] = useState(Crypto.randomUUID);
  const [name, setName] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const [quantity, setQuantity] = useState<number | undefined>(1);
  const [amount, setAmount] = useState('');
  const [submitted, setSubmitted] = useState(false);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<unknown>(null);
  const won = wonIn(amount);
  const wrongAmount = amount.trim() !== '' && won === undefined;

  const add = () => run(async () => {
    setSubmitted(true);
    if (!name.trim() || category === null || quantity === undefined || wrongAmount) return;
    setProblem(null);
    try {
      await onAdd({ receipt_item_id: id, name: name.trim(), category, quantity, ...(won !== undefined && { amount: won }) });
      onClose();
    } catch (error) {
      setProblem(error);
    }
  });

  return (
    <Sheet
      title={m.result.missedLine}
      onClose={onClose}
      testID="missed-line"
      footer={<Button title={m.result.addLine} onPress={add} busy={working} testID="add-line" />}
    >
      <Field
        label={m.editor.name}
        value={name}
        onChangeText={setName}
        maxLength={200}
        problem={submitted && !name.trim() ? m.editor.nameNeeded : null}
        testID="line-name"
      />
      <Stepper label={m.editor.quantity} value={quantity ?? 1} onChange={setQuantity} testID="line-quantity" />
      <Field
        label={m.editor.amount}
        value={amount}
        onChangeText={setAmount}
        inputMode="numeric"
        maxLength={15}
        problem={wrongAmount ? m.result.wonNeeded : null}
        testID="line-amount"
      />
      {category === null ? (
        <Label tint={submitted ? color.danger : color.soft} role={submitted ? 'alert' : undefined}>
          {m.barcode.chooseCategory}
        </Label>
      ) : null}
      <CategoryPicker categories={categories} selected={category} onSelect={setCategory} />
      {problem ? (
        <Label role="alert" tint={color.danger} testID="line-problem">
          {words(m, problemOf(problem))}
        </Label>
      ) : null}
    </Sheet>
  );
}
