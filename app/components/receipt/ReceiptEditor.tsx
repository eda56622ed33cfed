import { useState } from 'react';

import { Button } from '@/components/ui/Button';
import { DateField } from '@/components/ui/DateField';
import { Field } from '@/components/ui/Field';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { type ReceiptChanges, wonIn } from '@/lib/corrections';
import { dayOf } from '@/lib/dates';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';
import { type HeadField, purchaseDay, type Review } from '@/lib/receipts';

type Props = {
  receipt: Review['receipt'];
  /** Rejects with the problem that is shown. */
  onSave: (changes: ReceiptChanges) => Promise<void>;
  onClose: () => void;
};

/** Corrects store, date and total. The use-by dates follow the date. */
export function ReceiptEditor({ receipt, onSave, onClose }: Props) {
  const color = useColor();
  const m = useMessages();
  const [store, setStore] = useState(receipt.store_name ?? '');
  const [day, setDay] = useState(purchaseDay(receipt));
  const [total, setTotal] = useState(receipt.total === null ? '' : String(receipt.total));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const won = wonIn(total);
  const wrongTotal = total.trim() !== '' && won === undefined;
  const future = day > dayOf(new Date());

  const save = async () => {
    const changes: ReceiptChanges = {};
    // What may be misread is confirmed by its present value.
    const isUnsure = (field: HeadField) => receipt.uncertain_fields.includes(field);
    const unsureDay = isUnsure('purchased_at') || receipt.warnings.some((warning) => warning.endsWith('purchase_date'));
    if (store.trim() !== (receipt.store_name ?? '') || isUnsure('store_name')) changes.store_name = store.trim();
    if (day !== purchaseDay(receipt) || unsureDay) {
      const sameDay = receipt.purchased_at?.slice(0, 10) === day;
      changes.purchased_at = sameDay ? (receipt.purchased_at ?? day) : `${day}${receipt.purchased_at?.slice(10) ?? ''}`;
    }
    if (won !== undefined && (won !== receipt.total || isUnsure('total'))) changes.total = won;
    setBusy(true);
    setProblem(null);
    try {
      if (Object.keys(changes).length) await onSave(changes);
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };

  return (
    <Sheet
      title={m.result.editReceipt}
      onClose={onClose}
      testID="receipt-editor"
      footer={<Button title={m.common.done} onPress={() => void save()} disabled={wrongTotal || future} busy={busy} testID="save-receipt" />}
    >
      <Field label={m.result.store} value={store} onChangeText={setStore} maxLength={100} testID="edit-store" />
      <DateField label={m.result.bought} value={day} hint={future ? (m.problems.date_in_future ?? '') : ''} wrong={future} onChange={setDay} />
      <Field
        label={m.result.total}
        value={total}
        onChangeText={setTotal}
        inputMode="numeric"
        maxLength={15}
        problem={wrongTotal ? m.result.wonNeeded : null}
        testID="edit-total"
      />
      {problem ? (
        <Label role="alert" tint={color.danger} testID="receipt-problem">
          {words(m, problemOf(problem))}
        </Label>
      ) : null}
    </Sheet>
  );
}
