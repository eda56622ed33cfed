import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Choice } from '@/components/ui/Chip';
import { DateField } from '@/components/ui/DateField';
import { Field } from '@/components/ui/Field';
import { Check } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { type ReceiptChanges, wonIn } from '@/lib/corrections';
import { dayOf } from '@/lib/dates';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';
import { type HeadField, purchaseDay, type Review } from '@/lib/receipts';
import { useWork } from '@/lib/work';

type Props = {
  receipt: Review['receipt'];
  /** Rejects with the problem that is shown. */
  onSave: (changes: ReceiptChanges) => Promise<void>;
  onClose: () => void;
};

/** Corrects store, date and total, or confirms what may be misread. The use-by dates follow the date. */
export function ReceiptEditor({ receipt, onSave, onClose }: Props) {
  const color = useColor();
  const m = useMessages();
  const [store, setStore] = useState(receipt.store_name ?? '');
  const [day, setDay] = useState(purchaseDay(receipt));
  const [total, setTotal] = useState(receipt.total === null ? '' : String(receipt.total));
  const [confirmed, setConfirmed] = useState<readonly HeadField[]>([]);
  const { working, run } = useWork();
  const [problem, setProblem] = useState<unknown>(null);
  const won = wonIn(total);
  // A total that was read can be corrected, not removed.
  const wrongTotal = won === undefined && (total.trim() !== '' || receipt.total !== null);
  const future = day > dayOf(new Date());

  const doubts = new Set(receipt.uncertain_fields);
  if (receipt.warnings.some((warning) => warning.endsWith('purchase_date'))) doubts.add('purchased_at');
  const isChanged: Record<HeadField, boolean> = {
    store_name: store.trim() !== (receipt.store_name ?? ''),
    purchased_at: day !== purchaseDay(receipt),
    total: won !== undefined && won !== receipt.total,
  };
  const confirmation = (field: HeadField, hasValue = true) =>
    doubts.has(field) && hasValue && !isChanged[field] ? (
      <View style={styles.confirmation}>
        <Choice
          role="button"
          icon={Check}
          text={m.result.isRight[field]}
          selected={confirmed.includes(field)}
          onPress={() => setConfirmed(confirmed.includes(field) ? confirmed.filter((each) => each !== field) : [...confirmed, field])}
          testID={`confirm-${field}`}
        />
      </View>
    ) : null;

  const save = () => run(async () => {
    const changes: ReceiptChanges = {};
    // What is sent is no longer in doubt, also with its present value.
    const isDecided = (field: HeadField) => isChanged[field] || confirmed.includes(field);
    if (isDecided('store_name')) changes.store_name = store.trim();
    if (isDecided('purchased_at')) changes.purchased_at = `${day}${receipt.purchased_at?.slice(10) ?? ''}`;
    if (isDecided('total') && won !== undefined) changes.total = won;
    setProblem(null);
    try {
      if (Object.keys(changes).length) await onSave(changes);
      onClose();
    } catch (error) {
      setProblem(error);
    }
  });

  return (
    <Sheet
      title={m.result.editReceipt}
      onClose={onClose}
      testID="receipt-editor"
      footer={<Button title={m.common.done} onPress={save} disabled={wrongTotal || future} busy={working} testID="save-receipt" />}
    >
      <Field label={m.result.store} value={store} onChangeText={setStore} maxLength={100} testID="edit-store" />
      {confirmation('store_name', store.trim() !== '')}
      <DateField label={m.result.bought} value={day} hint={future ? (m.problems.date_in_future ?? '') : ''} wrong={future} onChange={setDay} />
      {confirmation('purchased_at')}
      <Field
        label={m.result.total}
        value={total}
        onChangeText={setTotal}
        inputMode="numeric"
        maxLength={15}
        problem={wrongTotal ? m.result.wonNeeded : null}
        testID="edit-total"
      />
      {confirmation('total', won !== undefined)}
      {problem ? (
        <Label role="alert" tint={color.danger} testID="receipt-problem">
          {words(m, problemOf(problem))}
        </Label>
      ) : null}
    </Sheet>
  );
}

const styles = StyleSheet.create({ confirmation: { alignItems: 'flex-start' } });
